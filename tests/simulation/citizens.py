"""Who applies: files, pays in every way one can, supplies what is missing or does not, and may take it all back."""

from contextlib import suppress
from random import Random
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from motcua_chassis.identifiers import name_id
from motcua_contracts import Beneficiary, Capacity, Channel, Filer, Language, Medium, Status
from motcua_intake.commands import Sealed, SubmitApplication, SupplyMissing, WithdrawApplication
from motcua_local.demo.forms import FORMS, Form
from motcua_payment.state import Phase
from tests.simulation.gateway import Gateway
from tests.simulation.node import Node
from tests.simulation.world import Crashed, World

DAY = 86_400.0
_FORMS = tuple(form for forms in FORMS.values() for form in forms)
_REACH = ((Medium.EMAIL,), (Medium.SMS,), (Medium.ZNS, Medium.SMS), (Medium.ZNS, Medium.EMAIL), ())
_SEALED = Sealed(b"", b"")


class Citizens:
    """All applicants and payers of a schedule."""

    def __init__(self, world: World, intake: Node, payment: Node, gateway: Gateway) -> None:
        self._world, self._intake, self._payment, self._gateway = world, intake, payment, gateway
        self.applications: dict[UUID, Form] = {}
        """What was filed, by the answer that the citizen got."""
        self._answering: set[tuple[UUID, int]] = set()
        self._billed: set[UUID] = set()
        intake.hooks.append(self._of_intake)
        payment.hooks.append(self._of_payment)

    def appear(self) -> None:
        """Somebody files an application, some time soon."""
        random = self._world.random
        form, citizen = random.choice(_FORMS), self._world.uuid()
        command = _submission(random, form, citizen)
        cause = name_id(str(citizen), "submit")
        soon = self._world.spread(0.1, random.choice((10, DAY)))
        self._world.later(soon, self._file, form, command, cause)
        if random.random() < 0.1:
            self._world.later(soon * random.random() * 2, self._file_in_vain, replace(command, procedure="9.999999"))

    def _file(self, form: Form, command: SubmitApplication, cause: UUID) -> None:
        """Until it is answered, under the same key; each try would make another application."""
        try:
            outcome = self._intake.command(self._world.uuid(), command, cause, keyed=True)
        except Crashed:
            self._world.later(self._world.spread(1, 60), self._file, form, command, cause)
            return
        assert outcome.refusal is None, outcome.refusal
        application = self._intake.replies[cause]
        if application in self.applications:
            return
        self.applications[application] = form
        if self._world.chance() < 0.1:  # pressed twice
            self._world.later(1, self._file, form, command, cause)
        self._plan(application)

    def _file_in_vain(self, command: SubmitApplication) -> None:
        with suppress(Crashed):
            outcome = self._intake.command(self._world.uuid(), command, self._world.uuid(), keyed=True)
            assert outcome.refusal is not None

    def _plan(self, application: UUID) -> None:
        random, world = self._world.random, self._world
        if random.random() < 0.3:
            world.later(world.spread(0.05, 30 * DAY), self._withdraw, application, world.uuid())
        if random.random() < 0.03:  # money for what may never be billed
            world.later(world.spread(0.05, 10 * DAY), self._gateway.pay, application, random.randrange(1, 99) * 1_000)

    def _withdraw(self, application: UUID, cause: UUID) -> None:
        self._world.tell("citizen", "wants to withdraw", str(application)[:8])
        try:
            self._intake.command(application, WithdrawApplication(self._world.uuid()), cause, keyed=True)
        except Crashed:
            self._world.later(self._world.spread(1, 60), self._withdraw, application, cause)

    def _of_intake(self, application: UUID, state: Any) -> None:
        asked = state.request
        if state.status is not Status.SUPPLEMENT_REQUESTED or (application, asked.number) in self._answering:
            return
        self._answering.add((application, asked.number))
        for _ in range(self._world.random.choice((0, 1, 1, 1, 2))):
            items = tuple(each.item for each in asked.items)
            reach = self._world.random.choice((None, *_REACH[1:4])) if "contact.phone" in items else None
            answer = SupplyMissing(self._world.uuid(), asked.number, items, reach_by=reach)
            self._world.later(self._world.spread(60, 40 * DAY), self._supply, application, answer, self._world.uuid())

    def _supply(self, application: UUID, answer: SupplyMissing, cause: UUID) -> None:
        try:
            self._intake.command(application, answer, cause, keyed=True)
        except Crashed:
            self._world.later(self._world.spread(1, 60), self._supply, application, answer, cause)

    def _of_payment(self, application: UUID, state: Any) -> None:
        if state.phase is not Phase.REQUESTED or application in self._billed:
            return
        self._billed.add(application)
        owed, random = state.request.amount, self._world.random
        amounts = random.choice(((), (1,), (1,), (1,), (1,), (1,), (1, 1), (2, 1), (1, 1, 1), (0.5,)))
        for share in amounts:
            longest = random.choice((600, 600, DAY, 5 * DAY))
            self._world.later(self._world.spread(5, longest), self._gateway.pay, application, int(owed * share))


def _submission(random: Random, form: Form, citizen: UUID) -> SubmitApplication:
    return SubmitApplication(
        applicant_id=citizen,
        procedure=form.procedure,
        agency=random.choice(form.agencies),
        channel=random.choice((Channel.ONLINE, Channel.ONLINE, Channel.IN_PERSON)),
        language=random.choice((Language.VIETNAMESE, Language.ENGLISH)),
        beneficiary=Beneficiary(form.beneficiary),
        conditions=(),
        pages=form.pages,
        copies=random.choice((1, 1, 3)),
        sealed=_SEALED,
        reach_by=random.choice(_REACH),
        filed_by=random.choice((None, None, Filer(id=citizen, capacity=random.choice(tuple(Capacity))))),
    )
