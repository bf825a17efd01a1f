"""A decider whose due work is whatever its last event spells: a bit per key in `pages`, the day in `copies`."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from chassis.tests.toy import dossier
from motcua_chassis.message import Decider, Message, Refusal, Work
from motcua_contracts import FeeBasis, IdentityCheckRequested

KINDS = ["even", "odd"]
NOON = datetime(2024, 11, 22, 12, tzinfo=UTC)


class Spelled(msgspec.Struct, frozen=True):
    bits: int = 0
    days: int = 0


class Spell(msgspec.Struct, frozen=True):
    bits: int
    days: int = 0


def spell(_state: Spelled, message: Message) -> Any:
    match message.body:
        case Spell(bits=bits, days=days) if bits >= 0:
            basis = FeeBasis(submitted_on=date(2026, 11, 22), pages=bits + 1, copies=days + 1)
            return [IdentityCheckRequested(dossier=dossier(), fee_basis=basis)]
        case Spell(bits=-1):
            return Refusal("not-now")
        case Spell():
            raise ArithmeticError
    return []


def spelled(_state: Spelled, event: Any) -> Spelled:
    return Spelled(event.fee_basis.pages - 1, event.fee_basis.copies - 1)


def due_of(state: Spelled) -> Mapping[str, Work]:
    return {
        f"key-{n}": Work(KINDS[n % 2], NOON + timedelta(days=state.days)) if n else Work("even")
        for n in range(5)
        if state.bits >> n & 1
    }


SPELLER = Decider(Spelled(), spell, spelled, due_of)
