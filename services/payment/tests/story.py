"""One application's story as payment sees it: the facts, the money, and the states they lead to."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from motcua_chassis.message import Message, Timer
from motcua_contracts import Attributes, Dossier, FeeBasis, Gateway, IdentityVerified, Match
from motcua_payment.domain import EXPIRY, GatewayConfirmed, Payment, Phase, decider
from motcua_payment.fees import load_fees

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
APPLICATION = UUID(int=2)
APPLICANT = UUID(int=1)
DECIDER = decider(load_fees())

FREE = "2.000908"
OWING = "2.000815"
OWED = 6_000
"""A certified copy of four pages."""
EXPIRE = Timer("expiry", EXPIRY)


def dossier(procedure: str = OWING, agency: str = "H29.25.12", applicant: UUID = APPLICANT) -> Dossier:
    return Dossier(
        code=f"{agency}-261122-0001", applicant_id=applicant, procedure=procedure, agency=agency, channel="online"
    )


def verified(procedure: str = OWING, agency: str = "H29.25.12", applicant: UUID = APPLICANT) -> IdentityVerified:
    match = Attributes(personal_number=Match.MATCH, full_name=Match.MATCH, date_of_birth=Match.MATCH)
    basis = FeeBasis(submitted_on=date(2026, 11, 22), pages=4)
    return IdentityVerified(dossier=dossier(procedure, agency, applicant), fee_basis=basis, attributes=match)


def paid(transaction: str = "14000001", amount: int = OWED, order: str = APPLICATION.hex) -> GatewayConfirmed:
    return GatewayConfirmed(order, amount, Gateway.VNPAY, transaction, "NCB", NOW)


def message(body: Any, now: datetime = NOW, number: int | None = None) -> Message:
    return Message(body, APPLICATION, now, UUID(int=3), number)


def decide(state: Payment, body: Any, now: datetime = NOW) -> list[Any]:
    """What follows; the number is offered as the path offers it: exactly when `counter` names a series."""
    assert DECIDER.counter is not None
    number = 1 if DECIDER.counter(state, message(body, now)) else None
    answer = DECIDER.decide(state, message(body, now, number))
    assert isinstance(answer, list)
    return answer


def after(*bodies: Any) -> Payment:
    state = DECIDER.initial
    for body in bodies:
        for event in decide(state, body):
            state = DECIDER.evolve(state, event)
    return state


SEEN = "14000000"
"""A transaction every state below has met: it settled the payment or came in vain."""

STATES = {
    Phase.UNKNOWN: after(paid(SEEN)),
    Phase.REQUESTED: after(verified(), paid(SEEN, amount=1)),
    Phase.WAIVED: after(verified(FREE), paid(SEEN)),
    Phase.SETTLED: after(verified(), paid(SEEN)),
    Phase.EXPIRED: after(verified(), EXPIRE, paid(SEEN)),
}
