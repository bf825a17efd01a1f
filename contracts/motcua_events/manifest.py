"""`manifest.json`: what a recording holds and how to tell that it is whole.

Invariant: it is replaced as a whole after each segment, so it never names a segment that is not there.
"""

import json
import os
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from motcua_events.failure import ToolError

NAME = "manifest.json"
FORMAT = 1


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Offsets(_Entry):
    """What of a partition was recorded: `first` of the records, and `next` to go on with."""

    first: int | None = None
    next: int
    records: int = 0


class RecordedTopic(_Entry):
    """A topic as it was: with as many partitions its records find their old places."""

    partitions: int = Field(ge=1)
    offsets: dict[int, Offsets]


class Segment(_Entry):
    """One file; the hash is that of the compressed bytes."""

    file: str = Field(pattern=r"^[0-9]{6,}\.jsonl\.zst$")
    records: int = Field(ge=1)
    size: int = Field(ge=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(_Entry):
    """The whole of it. `complete` is false while a recording is made and after it was interrupted."""

    format: Literal["motcua-recording"] = "motcua-recording"
    version: int = FORMAT
    contracts: str = Field(default_factory=lambda: version("motcua-contracts"))
    cluster: str
    since: datetime | None = None
    until: datetime | None = None
    started_at: datetime
    ended_at: datetime
    complete: bool = False
    records: int = 0
    first_time: int | None = Field(default=None, description="Earliest Kafka timestamp, in milliseconds.")
    last_time: int | None = None
    types: dict[str, int] = Field(default_factory=dict, description="Records by CloudEvents type; '' without one.")
    topics: dict[str, RecordedTopic]
    segments: list[Segment] = []


def load_manifest(directory: Path) -> Manifest:
    """Raises `ToolError`."""
    file = directory / NAME
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise ToolError(f"{directory} is no recording: it has no {NAME}") from None
    except OSError as error:
        raise ToolError(f"{file} cannot be read: {error.strerror}") from None
    except ValueError:
        raise ToolError(f"{file} is not JSON: the recording is damaged") from None
    if not isinstance(found, dict) or found.get("format") != "motcua-recording":
        raise ToolError(f"{file} is not the manifest of a recording")
    if found.get("version") != FORMAT:
        raise ToolError(
            f"{file}: recording format {found.get('version')!r}; this motcua-events reads {FORMAT}: upgrade"
        )
    try:
        return Manifest.model_validate(found)
    except ValidationError as error:
        fault = error.errors()[0]
        raise ToolError(f"{file}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}") from None


def save_manifest(directory: Path, manifest: Manifest) -> None:
    """Write beside, then rename: a reader sees the old one or the new one."""
    beside = directory / f"{NAME}.partial"
    with beside.open("w", encoding="utf-8") as file:
        file.write(manifest.model_dump_json(indent=2, exclude_none=True) + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(directory / NAME)
