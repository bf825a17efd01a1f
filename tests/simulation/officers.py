"""Who serves: desk officers, reviewers (two where a rule says so), cashiers, and who orders lost messages again.

Each looks at what is committed, does one thing that can be done, and comes back until nothing waits.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from motcua_contracts import (
    ExtensionGround,
    Failure,
    Handover,
    Outcome,
    RefundFailure,
    RefusalGround,
    Status,
    SupplementItem,
    SupplementReason,
    Verdict,
)
from motcua_identity.domain import Phase, ResolveReview
from motcua_intake.commands import (
    AcceptApplication,
    DecideApplication,
    DeclineApplication,
    ExtendAppointment,
    RequestSupplement,
    ReturnResult,
    StartProcessing,
)
from motcua_local.demo.forms import FORMS
from motcua_notification.domain import ResendNotification
from motcua_payment.refunds import RecordRefund, Refund, RefundState, RetryRefund
from tests.simulation.node import Node
from tests.simulation.world import Crashed, World

DAY = 86_400.0
_MARKS = {form.procedure: form.marks for forms in FORMS.values() for form in forms}


class Officers:
    """One room: looks at every application that changed there, one at a time, until `wanted` names no order."""

    def __init__(self, world: World, node: Node, soonest: float, latest: float) -> None:
        self._world, self._node = world, node
        self._between = soonest, latest
        self._looking: set[UUID] = set()
        self.staff = [world.uuid() for _ in range(3)]
        node.hooks.append(self._changed)

    def wanted(self, state: Any, officer: UUID) -> Any:
        """The order to give now; None to let it be for today."""
        raise NotImplementedError

    def _changed(self, application: UUID, state: Any) -> None:
        if application not in self._looking and self._waits(state):
            self._looking.add(application)
            self._world.later(self._world.spread(*self._between), self._look, application)

    def _waits(self, state: Any) -> bool:
        raise NotImplementedError

    def _look(self, application: UUID) -> None:
        self._looking.discard(application)
        state, officer = self._node.state(application), self._world.random.choice(self.staff)
        if not self._waits(state):
            return
        order = self.wanted(state, officer)
        if order is not None:
            cause = self._world.uuid()
            try:
                outcome = self._node.command(application, order, cause, keyed=self._world.chance() < 0.5)
                refused = outcome.refusal.code if outcome.refusal else ""
                self._world.tell("officer", type(order).__name__, str(application)[:8], refused)
            except Crashed:
                pass
        self._changed(application, self._node.state(application))


class Desk(Officers):
    """The officers of intake."""

    def _waits(self, state: Any) -> bool:
        return state.status in _ORDERS

    def wanted(self, state: Any, officer: UUID) -> Any:
        """Any order that the status allows, and now and then one that it does not."""
        status = state.status if self._world.chance() < 0.97 else self._world.random.choice(tuple(_ORDERS))
        return self._world.random.choice(_ORDERS[status])(self._world, officer, state)


def _supplement(world: World, officer: UUID, state: Any) -> RequestSupplement:
    marks = _MARKS[state.dossier.procedure] if world.chance() < 0.7 else ("contact.phone",)
    items = tuple(SupplementItem(item=mark, reason=SupplementReason.MISSING) for mark in marks)
    return RequestSupplement(officer, items)


def _accept(_world: World, officer: UUID, _state: Any) -> AcceptApplication:
    return AcceptApplication(officer)


def _decline(_world: World, officer: UUID, _state: Any) -> DeclineApplication:
    return DeclineApplication(officer, RefusalGround.NOT_COMPETENT)


def _start(_world: World, officer: UUID, _state: Any) -> StartProcessing:
    return StartProcessing(officer)


def _extend(world: World, officer: UUID, _state: Any) -> ExtendAppointment:
    return ExtendAppointment(officer, ExtensionGround.WORKLOAD, world.random.choice((1, 5, 50)))


def _grant(_world: World, officer: UUID, _state: Any) -> DecideApplication:
    return DecideApplication(officer, Outcome.GRANTED)


def _refuse(_world: World, officer: UUID, _state: Any) -> DecideApplication:
    return DecideApplication(officer, Outcome.REFUSED, RefusalGround.CONDITIONS_NOT_MET)


def _return(_world: World, officer: UUID, _state: Any) -> ReturnResult:
    return ReturnResult(officer, Handover.ELECTRONIC)


_ORDERS: dict[Status, tuple[Callable[[World, UUID, Any], Any], ...]] = {
    Status.FEE_SETTLED: (_accept, _accept, _accept, _accept, _supplement, _decline),
    Status.ACCEPTED: (_start, _extend, _supplement, _grant, _grant, _refuse),
    Status.IN_PROCESS: (_extend, _supplement, _grant, _grant, _refuse),
    Status.DECIDED: (_return,),
}


class Reviewers(Officers):
    """Who looks where the registry leaves a doubt; the same officer may come twice, and two may disagree."""

    def _waits(self, state: Any) -> bool:
        return state.phase is Phase.IN_REVIEW

    def wanted(self, state: Any, officer: UUID) -> Any:
        """What this officer finds, whatever the first one found."""
        del state
        return ResolveReview(officer, Verdict.VERIFIED if self._world.chance() < 0.7 else Verdict.REJECTED)


class Cashiers(Officers):
    """Sees to refunds that failed; a day later, so that the gateway's ledger says what became of them."""

    def __init__(self, world: World, node: Node) -> None:
        super().__init__(world, node, DAY, 5 * DAY)
        self.transfers: dict[str, int] = {}
        """The treasury's own ledger: what it paid back, by the gateway's number of the payment."""

    def _waits(self, state: Any) -> bool:
        return any(refund.state is RefundState.FAILED for refund in state.refunds)

    def wanted(self, state: Any, officer: UUID) -> Any:
        """Another try, or the treasury's transfer where the gateway refused; what was transferred is only recorded."""
        failed: Refund = self._world.random.choice([r for r in state.refunds if r.state is RefundState.FAILED])
        asked = failed.request
        refused = failed.failure is not None and failed.failure.reason is RefundFailure.REFUSED_BY_GATEWAY
        if asked.transaction not in self.transfers and (not refused or self._world.chance() < 0.5):
            return RetryRefund(asked.refund, officer)
        self.transfers.setdefault(asked.transaction, asked.amount)
        return RecordRefund(asked.refund, officer, f"KB{asked.transaction}")


class Correspondents(Officers):
    """Orders a message again whose fate nobody knows, once in a while."""

    def __init__(self, world: World, node: Node) -> None:
        super().__init__(world, node, 60, 3 * DAY)
        self._left = 3

    def _waits(self, state: Any) -> bool:
        return self._left > 0 and any(f.reason is not Failure.APPLICANT_ERASED for f in state.failed.values())

    def wanted(self, state: Any, officer: UUID) -> Any:
        """The same again, or nothing."""
        self._left -= 1
        failed = self._world.random.choice(sorted(k for k, f in state.failed.items()))
        request = state.failed[failed].request
        return ResendNotification(request.topic, request.number, officer) if self._world.chance() < 0.5 else None
