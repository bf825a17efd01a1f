"""The versions of an event: since when each is promised, what changed since, and how an older one is read today."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from motcua_contracts import CATALOGUE, Event
from motcua_contracts.catalogue.fields import schema
from motcua_contracts.tools.compatibility import Difference, compare
from motcua_contracts.tools.published import Published


class Version(NamedTuple):
    """One version. `published` is absent where no release holds it yet: it may still change."""

    event: type[Event]
    published: Published | None
    since: list[Difference]
    upcast: str
    """How the version before is said in this one, in English; empty for a first version."""


class Upcast(NamedTuple):
    """The body of an older version, and the same fact in the newer one."""

    older: str
    newer: str
    before: Any
    after: Any


def versions_of(event: type[Event], published: Mapping[str, Published]) -> list[Version]:
    """Every version of the event that exists, newest first."""
    family = [other for other in CATALOGUE.values() if (other.stream, other.name) == (event.stream, event.name)]
    return [_version(each, published.get(each.type)) for each in sorted(family, key=lambda e: e.version, reverse=True)]


def _version(event: type[Event], published: Published | None) -> Version:
    since = compare(published.body, schema(event)) if published else []
    return Version(event, published, since, (event.upcast.__doc__ or "") if event.predecessor else "")


def upcast_example(event: type[Event], contracts: Path) -> Upcast | None:
    """The first example of the version before, as it was and as it is read now."""
    older = event.predecessor
    if older is None:
        return None
    told = json.loads((contracts / f"examples/{older.type}.json").read_text("utf-8"))[0]["data"]
    newer = event.upcast(older.model_validate(told)).model_dump(mode="json", exclude_none=True)
    return Upcast(older.type, event.type, told, newer)
