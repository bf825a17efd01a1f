"""Reads `contracts/topics/*.yaml`: who owns a topic, who reads it and why, and how it is to be created.

Invariant: what is loaded agrees with the event catalogue; every fault of every file is reported at once.
"""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

import motcua_contracts  # fills CATALOGUE
from motcua_contracts.event import Event, Stream


class TopicError(ValueError):
    """Topic files that cannot be used; the text names file, field and fault."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Reader(_Strict):
    """Who reads a topic: a service, or a registered integrator (`integrator.<name>`).

    `reads` names events without stream; other types are skipped by that reader. `settled` means the newest version,
    older ones upcast, as our services read; `settled.v1` means that version as it is: it is then not retired.
    """

    name: Stream | Literal["operators"] | Annotated[str, Field(pattern=r"^integrator\.[a-z0-9]+(-[a-z0-9]+)*$")]
    why: str = Field(min_length=10)
    reads: tuple[str, ...] = ()

    def takes(self, event: type[Event]) -> bool:
        """Whether it reads this version, as it is or upcast."""
        return event.name in self.reads or f"{event.name}.v{event.version}" in self.reads


class Config(_Strict):
    """Kafka topic settings that hold everywhere, under Kafka's own names."""

    retention_ms: int = Field(alias="retention.ms", ge=-1)
    cleanup_policy: Literal["delete"] = Field(alias="cleanup.policy")
    max_message_bytes: int = Field(alias="max.message.bytes", ge=1024)


class Production(_Strict):
    """What only an installation with several brokers can hold; a single broker uses 1 for both."""

    replication: int = Field(ge=1)
    min_insync_replicas: int = Field(alias="min.insync.replicas", ge=1)


class TopicSpec(_Strict):
    """One topic as its file describes it."""

    topic: str
    owner: Stream
    why: str = Field(min_length=10)
    readers: tuple[Reader, ...]
    key: str = Field(min_length=10)
    partitions: int = Field(ge=1)
    config: Config
    production: Production

    @property
    def holds_events(self) -> bool:
        return self.topic == self.owner.topic

    @property
    def settings(self) -> dict[str, str]:
        """`config` as Kafka's admin interface takes it."""
        return {name: str(value) for name, value in self.config.model_dump(by_alias=True).items()}

    @model_validator(mode="after")
    def _agrees_with_the_catalogue(self) -> "TopicSpec":
        expected = (self.owner.topic, f"motcua.{self.owner}.dead-letters")
        if self.topic not in expected:
            raise ValueError(f"topic of {self.owner} must be {' or '.join(expected)}, not {self.topic}")
        events = [event for event in motcua_contracts.CATALOGUE.values() if event.stream is self.owner]
        known = {event.name for event in events} | {f"{event.name}.v{event.version}" for event in events}
        for reader in self.readers:
            if reader.name == self.owner:
                raise ValueError(f"{self.owner} cannot be a reader of its own topic")
            if strangers := sorted(set(reader.reads) - known):
                raise ValueError(f"{reader.name} reads {', '.join(strangers)}: {self.owner} has no such event")
        if self.production.min_insync_replicas > self.production.replication:
            raise ValueError("min.insync.replicas exceeds replication: nothing could be written")
        return self


def version_of(ce_type: str) -> tuple[str, int]:
    """`vn.motcua.payment.settled.v1` -> (`vn.motcua.payment.settled`, 1)."""
    stem, _, version = ce_type.rpartition(".v")
    return stem, int(version)


def load_topics(directory: Path) -> tuple[TopicSpec, ...]:
    """Every topic of a directory, in the order of file names. Raises `TopicError`."""
    files = sorted(directory.glob("*.yaml"))
    if not files:
        raise TopicError(f"{directory} holds no *.yaml: is it the topics directory of the contracts?")
    topics: list[TopicSpec] = []
    faults: list[str] = []
    for file in files:
        try:
            topics.append(_load(file))
        except TopicError as fault:
            faults.append(str(fault))
    if faults:
        raise TopicError("\n".join(faults))
    return tuple(topics)


def _load(file: Path) -> TopicSpec:
    try:
        topic = TopicSpec.model_validate(yaml.safe_load(file.read_text("utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TopicError(f"{file}: not YAML: {error}") from None
    except ValidationError as error:
        lines = (f"{file}: {'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        raise TopicError("\n".join(lines)) from None
    if topic.topic != f"motcua.{file.stem}":
        raise TopicError(f"{file}: topic: {topic.topic} belongs into {topic.topic.removeprefix('motcua.')}.yaml")
    return topic
