"""Ends an event version, once nobody reads it and nothing holds a record of it; else says who and what to do.

Invariant: what a topic keeps forever is never retired: old recordings and rebuilds go on being read.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from motcua_contracts import CATALOGUE, Event
from motcua_contracts.tools.published import Published, PublishedError, Retirement, save
from motcua_contracts.tools.topics import Reader, TopicSpec, version_of


def obstacles(
    name: str, topics: Sequence[TopicSpec], last_written: date | None = None, today: date | None = None
) -> Iterator[str]:
    """Why this version must stay, each with what to do; none: it can go."""
    event = CATALOGUE.get(name)
    stem, version = version_of(name)
    for topic in topics:
        if topic.holds_events and stem.startswith(f"vn.motcua.{topic.owner}."):
            short = stem.removeprefix(f"vn.motcua.{topic.owner}.")
            yield from _said(event, topic)
            yield from (
                _asked(reader, topic, event, f"{short}.v{version}") for reader in _readers(topic, short, version)
            )
            yield from _held(topic, last_written, today or datetime.now(UTC).date())


def _said(event: type[Event] | None, topic: TopicSpec) -> Iterator[str]:
    if event is not None and event.successor is None:
        yield (
            f"{topic.owner} publishes it: it is the newest version. Publish v{event.version + 1} with an upcaster "
            "first, or end the event in the service, and retire it afterwards."
        )


def _readers(topic: TopicSpec, name: str, version: int) -> Iterator[Reader]:
    event = CATALOGUE.get(f"vn.motcua.{topic.owner}.{name}.v{version}")
    newest = event is not None and event.successor is None
    for reader in topic.readers:
        if f"{name}.v{version}" in reader.reads or (newest and name in reader.reads):
            yield reader


def _asked(reader: Reader, topic: TopicSpec, event: type[Event] | None, pinned: str) -> str:
    newer = event.successor if event is not None else None
    follow = f"reads {newer.name}.v{newer.version}" if newer is not None else "no longer needs it"
    return (
        f"{reader.name} reads {pinned} from {topic.topic} ({reader.why.strip()}) Wait until it {follow}, then change "
        f"its entry in topics/{topic.topic.removeprefix('motcua.')}.yaml."
    )


def _held(topic: TopicSpec, last_written: date | None, today: date) -> Iterator[str]:
    milliseconds = topic.config.retention_ms
    if milliseconds < 0:
        yield (
            f"{topic.topic} keeps its records forever (retention.ms -1): rebuilds and recordings will always meet it. "
            "Keep its class and upcaster; they cost nothing where it no longer occurs."
        )
    elif last_written is None:
        yield (
            f"{topic.topic} keeps its records for {timedelta(milliseconds=milliseconds).days} days: find the day the "
            "last one was written and say it with --last-written YYYY-MM-DD."
        )
    elif (free := last_written + timedelta(milliseconds=milliseconds)) >= today:
        yield f"{topic.topic} holds records of it until {free.isoformat()}: come back after that day."


def retire(contracts: Path, name: str, entry: Published, last_written: date, today: date | None = None) -> None:
    """Mark it: from here on the compatibility gate lets its class go."""
    day = today or datetime.now(UTC).date()
    save(contracts, name, entry.model_copy(update={"retired": Retirement(on=day, last_written=last_written)}))


def find(name: str, published: Mapping[str, Published]) -> Published:
    """The published version of this type. Raises `PublishedError`."""
    if name in published:
        return published[name]
    if name in CATALOGUE:
        raise PublishedError(f"{name} was never published: delete its class, no reader knows it")
    stem = name.rpartition(".v")[0]
    known = [other for other in published if other.rpartition(".v")[0] == stem] or sorted(published)
    raise PublishedError(f"{name} is no event type. Known: {', '.join(known)}")
