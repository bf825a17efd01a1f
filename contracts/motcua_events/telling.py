"""Events as people read them: when, who, what, and the facts in a line."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from rich.text import Text

from motcua_contracts import Envelope, EnvelopeError, read_headers
from motcua_events.moments import shown
from motcua_events.records import Record

_COLOURS = {"intake": "cyan", "identity": "magenta", "payment": "green", "notification": "yellow"}
_BACKGROUND = {"dossier", "fee_basis", "facts", "applicant_id", "lines"}
"""Repeated in every event, or long."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Heard(NamedTuple):
    """A record that is an event."""

    record: Record
    envelope: Envelope

    @property
    def name(self) -> str:
        """`payment.settled.v1`."""
        return self.envelope.type.removeprefix("vn.motcua.")

    @property
    def data(self) -> dict[str, Any]:
        """The body; empty where it is no JSON object."""
        try:
            found = json.loads(self.record.value or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def heard(record: Record) -> Heard | EnvelopeError:
    """Read the headers; the fault where they cannot be read."""
    try:
        return Heard(record, read_headers(record.headers))
    except EnvelopeError as fault:
        return fault
    except Exception as error:  # noqa: BLE001  # as in the inspector
        return EnvelopeError("bad-header", f"headers raised {type(error).__name__}")


def headline(event: Heard) -> Text:
    """Service and name, coloured, with its number."""
    service, _, rest = event.name.partition(".")
    return Text.assemble(
        (service, _COLOURS.get(service, "white")), " ", (rest, "bold"), (f" #{event.envelope.sequence}", "dim")
    )


def facts(event: Heard) -> str:
    """What the event says beyond the dossier, shortened."""
    return "  ".join(_flat(event.data))


def line(event: Heard) -> Text:
    """The event on one line."""
    code = event.data.get("dossier", {}).get("code", "")
    return Text.assemble(
        (shown(event.envelope.time), "dim"), "  ", headline(event), f"  {event.envelope.subject}  ", str(code), "  ",
        (facts(event), "dim"),
    )  # fmt: skip


def place(record: Record) -> str:
    """topic/partition/offset."""
    return f"{record.topic}/{record.partition}/{record.offset}"


def _flat(data: dict[str, Any], above: str = "") -> Iterator[str]:
    for name, value in data.items():
        if name in _BACKGROUND:
            continue
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        elif isinstance(value, list):
            yield (
                f"{above}{name}={len(value)} entries"
                if value and isinstance(value[0], dict)
                else (f"{above}{name}={','.join(map(_short, value))}")
            )
        else:
            yield f"{above}{name}={_money(value) if name in {'amount', 'paid'} else _short(value)}"


def _money(value: object) -> str:
    return f"{value:,} đ".replace(",", ".") if isinstance(value, int) else str(value)


def _short(value: object) -> str:
    text = str(value)
    if _UUID.fullmatch(text):
        return text[-8:]
    if _TIME.match(text):
        return f"{text[8:10]}/{text[5:7]}/{text[:4]} {text[11:16]}"
    return text
