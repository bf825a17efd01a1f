"""Lets everybody play: each event that concerns a person is handed to that person, as post or a bell would."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterator
from typing import Any
from uuid import UUID

import httpx

from motcua_contracts import (
    ApplicationDecided,
    ApplicationStatusChanged,
    PaymentExpired,
    PaymentRequested,
    SupplementRequested,
)
from motcua_local.demo.history import Told
from motcua_local.demo.people.applicants import Applicants
from motcua_local.demo.people.cashiers import Cashiers
from motcua_local.demo.people.cast import Cast
from motcua_local.demo.people.desk import Desk
from motcua_local.demo.people.insistent import Insistent
from motcua_local.demo.people.payers import Payers
from motcua_local.demo.people.reviewers import Reviewers
from motcua_local.demo.plan import Planned
from motcua_local.demo.scripts import Moment
from motcua_local.system import System

CLIENTS = 8
_ERRAND_RUNNERS = 12
_OFFICES = ("H29", "H26", "H55", "H15", "G01.29", "G01.26")


class Everybody:
    """The people of one run."""

    def __init__(self, stack: System, client: httpx.AsyncClient) -> None:
        self._insist = Insistent(client)
        self._cast = Cast(stack, self._insist)
        self.applicants = Applicants(self._cast)
        self._payers = Payers(self._cast)
        self._desk = Desk(self._cast)
        self._reviewers = Reviewers(self._cast)
        self._cashiers = Cashiers(self._cast)
        self._early: dict[UUID, list[Told]] = defaultdict(list)

    @property
    def submitted(self) -> dict[UUID, Planned]:
        """What was filed so far."""
        return self._cast.submitted

    @property
    def repeated(self) -> int:
        """Requests that had to be sent again."""
        return self._insist.repeated

    def parts(self) -> Iterator[Coroutine[Any, Any, None]]:
        """Everything that goes on in the background; each runs until cancelled."""
        yield from (self._cast.run_errands() for _ in range(_ERRAND_RUNNERS))
        for office in _OFFICES:
            yield self._desk.serve(office)
            yield self._reviewers.serve(office)
            yield self._cashiers.serve(office)

    async def submit_all(self, planned: list[Planned]) -> None:
        """Several citizens at once, each one application after the other."""
        waiting = iter(planned)

        async def client() -> None:
            for each in waiting:
                application = await self.applicants.submit(each)
                if each.script.withdraws is Moment.SUBMITTED:
                    await self.applicants.withdraw(application)
                for told in self._early.pop(application, []):
                    self._act(told, each)

        await asyncio.gather(*(client() for _ in range(CLIENTS)))

    def hear(self, told: Told) -> None:
        """The event may be faster than the answer to the submission, or tell an older story."""
        planned = self.submitted.get(told.envelope.subject)
        if planned is None:
            self._early[told.envelope.subject].append(told)
        else:
            self._act(told, planned)

    def _act(self, told: Told, planned: Planned) -> None:
        application, script = told.envelope.subject, planned.script
        match told.event:
            case PaymentRequested():
                self._cast.send(self._payers.asked, application)
            case PaymentExpired():
                self._cast.send(self._payers.expired, application)
            case SupplementRequested() as asked if script.answers:
                self._cast.send(self.applicants.supplement, application, asked)
        if script.withdraws is not None and script.withdraws is _moment(told):
            self._cast.send(self.applicants.withdraw, application)
        if told.envelope.source == "/motcua/intake":
            self._desk.ring(planned.submission["agency"])


def _moment(told: Told) -> Moment | None:
    match told.event:
        case ApplicationDecided():
            return Moment.DECIDED
        case ApplicationStatusChanged(status=status) if status.value in set(Moment):
            return Moment(status.value)
    return None
