"""What was published: `published/<type>.json` holds each event version as its latest release said it.

Invariant: only `publish` writes schemas here, and never one that breaks its predecessor.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from motcua_contracts import CATALOGUE
from motcua_contracts.tools.compatibility import Difference, Verdict, compare
from motcua_contracts.tools.schemas import schema_of

_FOLDER = "published"


class PublishedError(ValueError):
    """What lies in `published/` cannot be read, or may not be written; the text says what to do."""


class Retirement(BaseModel):
    """The end of a version: nothing holds a record of it any more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: date
    last_written: date


class Published(BaseModel):
    """One event version as it was released: first by `since`, and with this schema by `release`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    since: str
    release: str
    retired: Retirement | None = None
    body: dict[str, Any] = Field(alias="schema")


class Compared(NamedTuple):
    """One difference of one event version from its predecessor."""

    event: str
    difference: Difference


def load_published(contracts: Path) -> dict[str, Published]:
    """Every version that was ever published, by CloudEvents type."""
    found = {}
    for file in sorted((contracts / _FOLDER).glob("*.json")):
        try:
            found[file.stem] = Published.model_validate_json(file.read_bytes())
        except ValidationError as error:
            where = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
            raise PublishedError(f"{file}: {where}. Bring it back as it was committed.") from None
    if not found:
        raise PublishedError(f"{contracts / _FOLDER} holds nothing to compare with: is it the contracts directory?")
    return found


def differences(published: Mapping[str, Published]) -> Iterator[Compared]:
    """Everything in which today's models differ from what was published; new versions are free and not listed."""
    for name, before in published.items():
        event = CATALOGUE.get(name)
        if event is not None:
            yield from (Compared(name, found) for found in compare(before.body, schema_of(event)))
        elif before.retired is None:
            mend = (
                f"Bring its class back. Where nobody holds it any more: python -m motcua_contracts.tools retire {name}"
            )
            yield Compared(name, Difference(Verdict.REFUSED, "", "a published version is gone", mend))


def unpublished(published: Mapping[str, Published]) -> list[str]:
    """Versions that no release holds yet: they may still change freely."""
    return sorted(CATALOGUE.keys() - published.keys())


def publish(contracts: Path) -> list[str]:
    """Take today's schemas as those of the release in `pyproject.toml`; answers which. Raises `PublishedError`."""
    before = load_published(contracts)
    if broken := [found for found in differences(before) if found.difference.verdict is Verdict.REFUSED]:
        raise PublishedError(f"{len(broken)} breaking change(s): see `python -m motcua_contracts.tools compatibility`")
    release = tomllib.loads((contracts / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    changed = [n for n, e in sorted(CATALOGUE.items()) if n not in before or before[n].body != schema_of(e)]
    latest = max((entry.release for entry in before.values()), key=_numbers)
    if changed and _numbers(release) <= _numbers(latest):
        raise PublishedError(f"{latest} is published: raise the version in {contracts / 'pyproject.toml'} first")
    for name in changed:
        since = before[name].since if name in before else release
        save(contracts, name, Published(since=since, release=release, body=schema_of(CATALOGUE[name])))
    return changed


def save(contracts: Path, name: str, entry: Published) -> None:
    """Write one version."""
    text = json.dumps(entry.model_dump(mode="json", by_alias=True, exclude_none=True), indent=2, ensure_ascii=False)
    (contracts / _FOLDER / f"{name}.json").write_text(text + "\n", "utf-8")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
