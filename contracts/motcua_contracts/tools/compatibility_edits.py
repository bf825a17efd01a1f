"""Edits that people make to events, each with what the compatibility gate says: the table in `COMPATIBILITY.md`.

The tests hold every edit to the verdict that stands here; the table shows what the gate really answers.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from motcua_contracts.tools.compatibility import Difference, Verdict, compare
from motcua_contracts.tools.published import Published

_PASSES, _ANNOUNCE, _REFUSED = Verdict.PASSES, Verdict.ANNOUNCE, Verdict.REFUSED
BASE = "vn.motcua.payment.settled.v1"
LINES = "vn.motcua.payment.requested.v1"

_HEAD = f"""# What may change under a published version

Generated: every line is an edit of the published schema of `{BASE}` (or, where it says *lines*,
`{LINES}`), and the answer of the gate.
`passes`: publish it. `announce`: publish it, and say so in the changelog, for readers refuse such an event
until they upgrade (ours park it, and lose nothing). `refused`: the build fails.

| # | edit | verdict | the gate says |
|---|---|---|---|
"""


class Edit(NamedTuple):
    """One edit of a schema, in place, and the verdict it must get."""

    what: str
    verdict: Verdict
    apply: Callable[[Any], object]
    base: str = BASE


def _field(name: str, **keywords: Any) -> Callable[[Any], object]:
    return lambda schema: schema["properties"][name].update(keywords)


def _part(part: str, name: str, **keywords: Any) -> Callable[[Any], object]:
    return lambda schema: schema["$defs"][part]["properties"][name].update(keywords)


def _add(name: str, part: str = "", required: bool = False, **schema: Any) -> Callable[[Any], object]:  # noqa: FBT001, FBT002
    def edit(root: Any) -> None:
        place = root["$defs"][part] if part else root
        place["properties"][name] = schema or {"type": "integer"}
        if required:
            place["required"].append(name)

    return edit


def _remove(name: str, part: str = "", renamed: str = "") -> Callable[[Any], object]:
    def edit(root: Any) -> None:
        place = root["$defs"][part] if part else root
        field = place["properties"].pop(name)
        if name in place["required"]:
            place["required"].remove(name)
            place["required"] += [renamed] if renamed else []
        if renamed:
            place["properties"][renamed] = field

    return edit


def _nullable(schema: Any) -> None:
    schema["properties"]["receipt"] = {"anyOf": [schema["properties"]["receipt"], {"type": "null"}]}


def _never_null(schema: Any) -> None:
    schema["properties"]["bank"] = schema["properties"]["bank"]["anyOf"][0]


def _move_definition(schema: Any) -> None:
    schema["$defs"]["Way"] = schema["$defs"].pop("Channel")
    schema["$defs"]["Dossier"]["properties"]["channel"]["$ref"] = "#/$defs/Way"


def _reorder(schema: Any) -> None:
    schema["properties"] = dict(sorted(schema["properties"].items()))


def _rename_value(schema: Any) -> None:
    values = schema["$defs"]["Channel"]["enum"]
    values[values.index("online")] = "web"


def _open_values(schema: Any) -> None:
    del schema["$defs"]["Channel"]["enum"]
    schema["$defs"]["Channel"]["pattern"] = "^[a-z-]+$"


def _one_medium(schema: Any) -> None:
    schema["$defs"]["Dossier"]["properties"]["reach_by"] = {"$ref": "#/$defs/Medium"}


def _second_kind(schema: Any) -> None:
    schema["properties"]["order"] = {"anyOf": [schema["properties"]["order"], {"type": "integer"}]}


_OPTIONAL_TIME: Any = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}], "default": None}

EDITS = (
    Edit("nothing", _PASSES, lambda _: None),
    Edit("add an optional field", _PASSES, _add("settled_at", **_OPTIONAL_TIME)),
    Edit("add an optional field to a part of it", _PASSES, _add("counter", "Dossier")),
    Edit("add an optional field with a default", _PASSES, _add("attempt", type="integer", default=1)),
    Edit("describe a field in other words", _PASSES, _field("paid_at", description="When the bank took it.")),
    Edit("describe the event in other words", _PASSES, lambda s: s.update(description="It is paid.")),
    Edit("put the fields in another order", _PASSES, _reorder),
    Edit("move a part into a definition of another name", _PASSES, _move_definition),
    Edit("a new value of an enum", _ANNOUNCE, lambda s: s["$defs"]["Channel"]["enum"].append("kiosk")),
    Edit("a second value where there was one", _ANNOUNCE, lambda s: s["$defs"]["Gateway"]["enum"].append("momo")),
    Edit("remove a value of an enum", _REFUSED, lambda s: s["$defs"]["Channel"]["enum"].remove("post")),
    Edit("rename a value of an enum", _REFUSED, _rename_value),
    Edit("exchange the only value", _REFUSED, lambda s: s["$defs"]["Gateway"].update(enum=["momo"])),
    Edit("replace an enum by any code", _REFUSED, _open_values),
    Edit("remove a required field", _REFUSED, _remove("order")),
    Edit("remove an optional field", _REFUSED, _remove("bank")),
    Edit("remove a field of a part", _REFUSED, _remove("procedure", "Dossier")),
    Edit("rename a field", _REFUSED, _remove("order", renamed="order_reference")),
    Edit("rename an optional field", _REFUSED, _remove("bank", renamed="payer_bank")),
    Edit("add a required field", _REFUSED, _add("settled_at", required=True)),
    Edit("add a required field to a part", _REFUSED, _add("counter", "Dossier", required=True)),
    Edit("make an optional field required", _REFUSED, lambda s: s["required"].append("bank")),
    Edit("make a required field optional", _REFUSED, lambda s: s["required"].remove("receipt")),
    Edit("allow null", _REFUSED, _nullable),
    Edit("no longer allow null", _REFUSED, _never_null),
    Edit("change the default", _REFUSED, _part("Dossier", "language", default="en")),
    Edit("integer to number", _REFUSED, _field("amount", type="number")),
    Edit("integer to string", _REFUSED, _field("amount", type="string")),
    Edit("lower a maximum", _REFUSED, _field("amount", maximum=1_000_000_000)),
    Edit("raise a maximum", _REFUSED, _field("amount", maximum=100_000_000_000)),
    Edit("raise a minimum", _REFUSED, _field("amount", minimum=1)),
    Edit("drop a minimum", _REFUSED, lambda s: s["properties"]["amount"].pop("minimum")),
    Edit("demand a multiple (a change of unit)", _REFUSED, _field("amount", multipleOf=1000)),
    Edit("name another unit", _REFUSED, _field("amount", **{"x-unit": "VND thousand"})),
    Edit("narrow a pattern", _REFUSED, _field("order", pattern="^[A-Z0-9]{8,40}$")),
    Edit("widen a pattern", _REFUSED, _field("order", pattern="^[A-Za-z0-9-]{8,40}$")),
    Edit("lower a maximum length", _REFUSED, _part("Dossier", "code", maxLength=30)),
    Edit("limit a length for the first time", _REFUSED, _field("order", maxLength=30)),
    Edit("date-time to date", _REFUSED, _field("paid_at", format="date")),
    Edit("drop a format", _REFUSED, lambda s: s["properties"]["paid_at"].pop("format")),
    Edit("a list may hold more", _REFUSED, _part("Dossier", "reach_by", maxItems=5)),
    Edit("a list may be empty (lines)", _REFUSED, lambda s: s["properties"]["lines"].pop("minItems"), LINES),
    Edit("a list holds something else (lines)", _REFUSED, _field("lines", items={"type": "integer"}), LINES),
    Edit("a list becomes one value", _REFUSED, _one_medium),
    Edit("tighten a part inside a list (lines)", _REFUSED, _part("FeeLine", "amount", maximum=5), LINES),
    Edit("another kind of value beside the first", _REFUSED, _second_kind),
    Edit("refuse unknown fields", _REFUSED, lambda s: s.update(additionalProperties=False)),
    Edit("give the event another name", _REFUSED, lambda s: s.update(title="PaymentCompleted")),
    Edit("give a part another name", _REFUSED, lambda s: s["$defs"]["Dossier"].update(title="File")),
    Edit("name the schema otherwise", _REFUSED, lambda s: s.update({"$id": "urn:motcua:schema:payment-settled"})),
)  # fmt: skip
"""What people do; each as the gate must judge it."""


def judge(edit: Edit, published: Mapping[str, Published]) -> list[Difference]:
    """What the gate says to the edited schema."""
    before = published[edit.base].body
    after = copy.deepcopy(before)
    edit.apply(after)
    return compare(before, after)


def verdict_of(found: list[Difference]) -> Verdict:
    """The worst of them."""
    verdicts = {difference.verdict for difference in found}
    return _REFUSED if _REFUSED in verdicts else _ANNOUNCE if _ANNOUNCE in verdicts else _PASSES


def compatibility_table(published: Mapping[str, Published]) -> str:
    """The text of `COMPATIBILITY.md`."""
    rows = []
    for number, edit in enumerate(EDITS, 1):
        found = judge(edit, published)
        said = "<br>".join(f"`{d.where or 'the event'}`: {d.what}. {d.mend}".strip() for d in found) or "no difference"
        rows.append(f"| {number} | {edit.what} | **{verdict_of(found)}** | {said.replace('|', chr(92) + '|')} |\n")
    return _HEAD + "".join(rows)
