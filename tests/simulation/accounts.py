"""I2: what the gateway took, what went back, and what the rules leave with the office, for one application.

The gateway's and the treasury's ledgers are the witnesses; what is owed is worked out anew from what was filed and how
it ended, not from what payment says.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from motcua_contracts import (
    ApplicationDecided,
    ApplicationDeclined,
    ApplicationStopped,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    Closing,
    Outcome,
    PaymentSettled,
    PaymentUnapplied,
    Stream,
)
from motcua_payment.fees import Owed

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

Events = dict[Stream, list[Any]]


def faults_of_money(application: UUID, schedule: "Schedule", story: Events) -> Iterator[str]:
    """What is wrong with the money of one application."""
    charges = [c for c in schedule.gateway.charges.values() if c.application == application]
    settled: list[PaymentSettled] = [e for e in story[Stream.PAYMENT] if isinstance(e, PaymentSettled)]
    unapplied: list[PaymentUnapplied] = [e for e in story[Stream.PAYMENT] if isinstance(e, PaymentUnapplied)]
    if len(settled) > 1:
        yield f"I2 {application} was settled {len(settled)} times"
    told = Counter([*(e.transaction for e in settled), *(e.transaction for e in unapplied)])
    if told != Counter(c.transaction for c in charges):
        yield f"I2 {application}: the gateway took {[c.transaction for c in charges]}, the events tell {dict(told)}"
    expected = {e.transaction: e.amount for e in unapplied}
    for each in settled:
        owed, back = _owed_and_back(story, schedule)
        expected[each.transaction] = back
        if each.amount != owed:
            yield f"I2 {application} settled {each.amount}, {owed} was owed"
    for charge in charges:
        returned = charge.returned + schedule.cashiers.transfers.get(charge.transaction, 0)
        if returned != expected.get(charge.transaction, charge.amount):
            yield (
                f"I2 {application}: of {charge.amount} paid by {charge.transaction} {returned} went back, "
                f"{expected.get(charge.transaction)} should have"
            )


def _owed_and_back(story: Events, schedule: "Schedule") -> tuple[int, int]:
    from tests.simulation.schedule import fees  # noqa: PLC0415  # a schedule is made of accounts' witnesses

    submitted: ApplicationSubmitted = story[Stream.INTAKE][0]
    owed = fees().assess(submitted.dossier, submitted.fee_basis)
    assert isinstance(owed, Owed)
    closing = next((c for e in story[Stream.INTAKE] if (c := _closing(e)) is not None), None)
    if closing is None:
        return owed.total, 0
    return owed.total, sum(line.amount for line in owed.lines if fees().returned(line, closing).back)


def _closing(event: Any) -> Closing | None:
    match event:
        case ApplicationWithdrawn():
            return Closing.WITHDRAWN
        case ApplicationDeclined():
            return Closing.DECLINED
        case ApplicationStopped():
            return Closing.STOPPED
        case ApplicationDecided(outcome=Outcome.REFUSED):
            return Closing.REFUSED
        case _:
            return None
