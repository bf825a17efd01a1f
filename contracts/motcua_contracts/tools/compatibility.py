"""Compares a schema with its published predecessor: who has old records, or old software, must notice nothing.

Invariant: a difference that no rule here knows is refused. Both directions count: today's readers meet old records, and
readers that have not upgraded meet new ones. The one exception is a new enum value, which minor releases may add.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

Schema = Mapping[str, Any]

_OLD_RECORDS = "records already written would no longer be read"
_OLD_READERS = "readers that have not upgraded would refuse it, or act wrongly on it"
_UNDO = "Undo it, or say it in a new version, with an upcast() from this one."
_ADD_INSTEAD = f"{_UNDO} Or keep the old field and add an optional one beside it."


class Verdict(StrEnum):
    """Whether a difference may be published under the same version."""

    PASSES = "passes"
    ANNOUNCE = "announce"
    """Passes, and is written into the changelog: readers first, then the services that say it."""
    REFUSED = "refused"


class Difference(NamedTuple):
    """One difference, where it is, and what to do about it."""

    verdict: Verdict
    where: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.verdict}: {self.where or 'the event'}: {self.what}" + (f". {self.mend}" if self.mend else "")


def compare(published: Schema, current: Schema) -> list[Difference]:
    """Every difference between two schemas of one event version, in the order of the published fields."""
    return list(_compare(_Place(published, published), _Place(current, current), ""))


class _Place:
    """A subschema with its references followed and null set apart, so that only what can be written is compared."""

    def __init__(self, schema: Schema, root: Schema) -> None:
        self.root = root
        node = self._follow(schema)
        arms = node.pop("anyOf", [])
        self.arms = [arm for arm in arms if arm != {"type": "null"}]
        self.nullable = len(self.arms) < len(arms)
        if len(self.arms) == 1:
            node = self._follow(self.arms.pop()) | node
        if "const" in node:  # a closed list of one
            node["enum"] = [node.pop("const")]
        node.pop("$defs", None)
        self.properties: Mapping[str, Schema] = node.pop("properties", {})
        self.required = frozenset(node.pop("required", ()))
        self.values: list[Any] | None = node.pop("enum", None)
        self.items: Schema | None = node.pop("items", None)
        self.keywords = node

    def _follow(self, schema: Schema) -> dict[str, Any]:
        node = dict(schema)
        while reference := node.pop("$ref", None):
            node = {**self.root["$defs"][reference.removeprefix("#/$defs/")], **node}
        return node

    def below(self, schema: Schema) -> "_Place":
        """A subschema of this one."""
        return _Place(schema, self.root)


def _compare(old: _Place, new: _Place, where: str) -> Iterator[Difference]:
    if old.nullable and not new.nullable:
        yield _refuse(where, f"null is no longer allowed: {_OLD_RECORDS}")
    if new.nullable and not old.nullable:
        yield _refuse(where, f"may now be null: {_OLD_READERS}")
    if _kind(old) != _kind(new):
        yield _refuse(where, f"{_kind(old)} became {_kind(new)}: {_OLD_RECORDS}, and {_OLD_READERS}", _ADD_INSTEAD)
        return
    yield from _values(old.values, new.values, where)
    for keyword in sorted(old.keywords.keys() | new.keywords.keys()):
        before, after = old.keywords.get(keyword), new.keywords.get(keyword)
        if before != after:
            yield _keyword(keyword, before, after, where)
    yield from _fields(old, new, where)
    yield from _items(old, new, where)
    yield from _arms(old, new, where)


def _kind(place: _Place) -> str:
    if place.arms:
        return f"one of {len(place.arms)} kinds"
    return str(place.keywords.get("type", "anything"))


def _fields(old: _Place, new: _Place, where: str) -> Iterator[Difference]:
    added = [name for name in new.properties if name not in old.properties]
    for name, before in old.properties.items():
        path = f"{where}.{name}".lstrip(".")
        if name in new.properties:
            yield from _demand(name in old.required, name in new.required, path)
            yield from _compare(old.below(before), new.below(new.properties[name]), path)
        else:
            alike = [
                other for other in added if not list(_compare(old.below(before), new.below(new.properties[other]), ""))
            ]
            what = f"renamed to {alike[0]}" if alike else "removed"
            yield _refuse(path, f"{what}: whoever reads this field would find nothing", _ADD_INSTEAD)
    for name in added:
        path = f"{where}.{name}".lstrip(".")
        if name in new.required:
            yield _refuse(path, f"a new field that is required: {_OLD_RECORDS}", "Give it a default (None: not known).")
        else:
            yield Difference(Verdict.PASSES, path, "a new optional field")


def _demand(before: bool, after: bool, where: str) -> Iterator[Difference]:  # noqa: FBT001
    if after and not before:
        yield _refuse(where, f"optional became required: {_OLD_RECORDS}", "Keep its default.")
    if before and not after:
        yield _refuse(where, f"required became optional: {_OLD_READERS}")


def _values(old: list[Any] | None, new: list[Any] | None, where: str) -> Iterator[Difference]:
    if old is None or new is None:
        if old is not new:
            yield _refuse(
                where, "a closed list of values was opened" if new is None else "became a closed list of values"
            )
        return
    if gone := [value for value in old if value not in new]:
        yield _refuse(
            where, f"no longer {_listed(gone)}: {_OLD_RECORDS}", f"Keep the value, unused if need be. {_UNDO}"
        )
    if more := [value for value in new if value not in old]:
        mend = (
            "Write it into the changelog. Upgrade readers first: until then they park, and do not lose, such an event."
        )
        yield Difference(Verdict.ANNOUNCE, where, f"may now be {_listed(more)}", mend)


def _items(old: _Place, new: _Place, where: str) -> Iterator[Difference]:
    if old.items is not None and new.items is not None:
        yield from _compare(old.below(old.items), new.below(new.items), f"{where}[]")
    elif old.items is not new.items:
        yield _refuse(where, "what a list may hold was opened or closed")


def _arms(old: _Place, new: _Place, where: str) -> Iterator[Difference]:
    for before, after in zip(old.arms, new.arms, strict=True):
        yield from _compare(old.below(before), new.below(after), where)


_LEAST = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"}
_MOST = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"}
_MEANINGS = {
    "title": "what it is called says what it means, and generated code bears the name",
    "default": "where the field is absent, it would mean something else",
    "$id": "records name their schema by it",
    "$schema": "validators choose their rules by it",
}


def _keyword(keyword: str, before: Any, after: Any, where: str) -> Difference:
    change = f"{keyword} {_shown(before)} became {_shown(after)}"
    if keyword == "description":
        return Difference(Verdict.PASSES, where, "described in other words", "See that only the words changed.")
    if keyword in _LEAST | _MOST:
        narrower = _narrower(keyword, before, after)
        return _refuse(where, f"{change}: {_OLD_RECORDS if narrower else _OLD_READERS}")
    if keyword in _MEANINGS:
        return _refuse(where, f"{change}: {_MEANINGS[keyword]}")
    if keyword in {"pattern", "format"}:
        return _refuse(where, f"{change}: {_OLD_RECORDS}, or {_OLD_READERS}", _ADD_INSTEAD)
    return _refuse(where, f"{change}: what that means to readers is not known here")


def _narrower(keyword: str, before: Any, after: Any) -> bool:
    if before is None or after is None:
        return before is None
    return bool(after > before if keyword in _LEAST else after < before)


def _refuse(where: str, what: str, mend: str = _UNDO) -> Difference:
    return Difference(Verdict.REFUSED, where, what, mend)


def _listed(values: list[Any]) -> str:
    return ", ".join(map(str, values))


def _shown(value: Any) -> str:
    return "(none)" if value is None else str(value)
