"""The payment of one application: the fold of payment's own events, and nothing else."""

from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from motcua_contracts import (
    Closing,
    Dossier,
    PaymentCancelled,
    PaymentExpired,
    PaymentRefunded,
    PaymentRequested,
    PaymentSettled,
    PaymentUnapplied,
    PaymentWaived,
    RefundDeclined,
    RefundFailed,
    RefundRequested,
)
from motcua_payment import refunds
from motcua_payment.refunds import Refund


class Phase(StrEnum):
    """Where the payment of one application stands."""

    UNKNOWN = "unknown"
    REQUESTED = "requested"
    WAIVED = "waived"
    SETTLED = "settled"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Payment(msgspec.Struct, frozen=True):
    """The payment of one application: the fold of its events."""

    phase: Phase = Phase.UNKNOWN
    request: PaymentRequested | None = None
    waiver: PaymentWaived | None = None
    cancellation: PaymentCancelled | None = None
    settled: PaymentSettled | None = None
    closing: Closing | None = None
    """What ended the application, once the money was decided on."""
    refunds: tuple[Refund, ...] = ()
    kept: tuple[RefundDeclined, ...] = ()
    transactions: tuple[str, ...] = ()
    """The gateway's numbers of all money that arrived, so that a repeated notice changes nothing."""

    @property
    def dossier(self) -> Dossier | None:
        """As it was told last; null while nothing but stray money is known of the application."""
        refunded = next((r.request for r in reversed(self.refunds) if r.request.dossier is not None), None)
        kept = self.kept[-1] if self.kept else None
        told = self.cancellation or kept or refunded or self.request or self.waiver
        return told.dossier if told else None

    @property
    def receipt(self) -> str | None:
        """Its number, once settled."""
        return self.settled.receipt if self.settled else None


def evolve(state: Payment, event: Any) -> Payment:  # noqa: PLR0911  # an event, a line
    """The state after one of payment's own events."""
    match event:
        case PaymentRequested():
            return replace(state, phase=Phase.REQUESTED, request=event)
        case PaymentWaived():
            return replace(state, phase=Phase.WAIVED, waiver=event)
        case PaymentSettled():
            transactions = (*state.transactions, event.transaction)
            return replace(state, phase=Phase.SETTLED, settled=event, transactions=transactions)
        case PaymentExpired():
            return replace(state, phase=Phase.EXPIRED)
        case PaymentCancelled():
            return replace(state, phase=Phase.CANCELLED, cancellation=event, closing=event.reason)
        case PaymentUnapplied():
            return replace(state, transactions=(*state.transactions, event.transaction))
        case RefundDeclined():
            return replace(state, closing=event.reason, kept=(*state.kept, event))
        case RefundRequested() | PaymentRefunded() | RefundFailed():
            return replace(state, closing=_closed_by(state, event), refunds=refunds.follow(state.refunds, event))
        case _:
            return state


_CLOSINGS = {closing.value: closing for closing in Closing}


def _closed_by(state: Payment, event: Any) -> Closing | None:
    """A refund for the end of the application is what remembers that end."""
    ended = _CLOSINGS.get(event.reason.value) if isinstance(event, RefundRequested) else None
    return ended or state.closing
