"""How the events of one rehearsed decision differ from the recorded ones: by type and occurrence, then field by field.

Pure. Invariant: equal events give no difference, and every other pair gives one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import to_jsonable_python

from motcua_contracts import Event


class Kind(StrEnum):
    """How a rehearsed decision differs from the recorded one."""

    MISSING = "missing"
    EXTRA = "extra"
    CHANGED = "changed"
    ORDER = "order"
    REFUSED = "refused"
    RAISED = "raised"
    NOT_REHEARSED = "not-rehearsed"


class Difference(NamedTuple):
    """One difference. `field` is a dotted path where one field changed."""

    application: UUID
    kind: Kind
    event: str
    occurrence: int
    cause: UUID
    field: str | None = None
    recorded: Any = None
    rehearsed: Any = None


class Occurrences:
    """Which one of its type an event of an application is, from 1."""

    def __init__(self, before: Iterable[Event]) -> None:
        self._seen = Counter(event.type for event in before)

    def next(self, name: str, ahead: int = 0) -> int:
        """The number of the next event of this type, or of one so many later."""
        return self._seen[name] + 1 + ahead


def compare(
    id_: UUID, cause: UUID, recorded: Sequence[Event], said: Sequence[Event], occurrences: Occurrences
) -> Iterator[Difference]:
    """Every difference between what one decision led to then and now."""
    then, now = _by_type(recorded), _by_type(said)
    for name in dict.fromkeys((*then, *now)):
        for ahead in range(max(len(then[name]), len(now[name]))):
            was = then[name][ahead] if ahead < len(then[name]) else None
            would = now[name][ahead] if ahead < len(now[name]) else None
            place = occurrences.next(name, ahead)
            if was is None or would is None:
                kind = Kind.EXTRA if was is None else Kind.MISSING
                yield Difference(id_, kind, name, place, cause, None, _shown(was), _shown(would))
                continue
            if was == would:  # nothing to spell out: by far the most
                continue
            for path, old, new in _fields(_values(was), _values(would)):
                yield Difference(id_, Kind.CHANGED, name, place, cause, path, old, new)
    order = [event.type for event in recorded], [event.type for event in said]
    if order[0] != order[1] and sorted(order[0]) == sorted(order[1]):
        yield Difference(id_, Kind.ORDER, order[0][0], occurrences.next(order[0][0]), cause, None, *order)


def _by_type(events: Sequence[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        found[event.type].append(event)
    return found


def _shown(event: Event | None) -> Any:
    return None if event is None else event.model_dump(mode="json", exclude_none=True)


def _values(event: Event) -> Any:
    """As they compare: two ways to write one instant are one value."""
    return event.model_dump(exclude_none=True)


def _fields(was: Any, would: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(was, dict) and isinstance(would, dict):
        for name in dict.fromkeys((*was, *would)):
            yield from _fields(was.get(name), would.get(name), f"{path}.{name}" if path else name)
    elif isinstance(was, (list, tuple)) and isinstance(would, (list, tuple)) and len(was) == len(would):
        for index, (old, new) in enumerate(zip(was, would, strict=True)):
            yield from _fields(old, new, f"{path}.{index}")
    elif was != would:
        yield path, to_jsonable_python(was), to_jsonable_python(would)
