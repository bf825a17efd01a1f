"""The other outside systems: the population registry, and the providers of messages with a ledger of their own."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from motcua_chassis.worker import NotDoneError, Repeatable, Task
from motcua_contracts import Attributes, Match, Medium, ReviewReason
from motcua_identity.domain import ApplicantGone as Nobody
from motcua_identity.domain import RegistryAnswered
from motcua_notification.domain import (
    Accepted,
    ApplicantGone,
    NoAddress,
    NotReachable,
    OptedOut,
    Refused,
    parse_key,
)
from tests.simulation.world import Crashed, World


class LostError(Exception):
    """Nobody can tell what became of a call."""


_YES, _NO, _NONE = Match.MATCH, Match.MISMATCH, Match.NOT_FOUND
_FULL = Attributes(personal_number=_YES, full_name=_YES, date_of_birth=_YES)
_FOUND = (
    *[RegistryAnswered(_FULL)] * 8,
    RegistryAnswered(Attributes(personal_number=_YES, full_name=_NO, date_of_birth=_YES)),
    RegistryAnswered(Attributes(personal_number=_YES, full_name=_NO, date_of_birth=_NO)),
    RegistryAnswered(Attributes(personal_number=_NONE, full_name=_NONE, date_of_birth=_NONE)),
    RegistryAnswered(_FULL, ReviewReason.TWO_CANDIDATES),
    RegistryAnswered(_FULL, ReviewReason.CONTRADICTORY_ANSWER),
    Nobody(),
)


class Registry:
    """Says the same of the same person, when it says anything; now and then it is away for long."""

    repeatable = Repeatable.IDEMPOTENT
    attempts = 1_000

    def __init__(self, world: World) -> None:
        self._world = world
        self._people: dict[UUID, Any] = {}
        self._back = timedelta(seconds=world.random.choice((0, 0, 0, world.spread(60, 90_000))))

    def restart(self) -> None:
        """It keeps nothing in the service's memory."""

    def call(self, task: Task) -> Any:
        """What is known of the applicant."""
        world = self._world
        if world.now - world.start < self._back or world.strikes(world.weather.refused):
            raise NotDoneError
        said = self._people.setdefault(task.application, world.random.choice(_FOUND))
        if world.strikes(world.weather.lost):
            raise LostError
        if world.strikes(world.weather.crash):
            raise Crashed
        return said


Name = tuple[UUID, Medium, str]
_ANSWERS: Mapping[Medium, tuple[Callable[..., Any], ...]] = {
    Medium.EMAIL: (Refused, NoAddress, OptedOut, ApplicantGone),
    Medium.SMS: (Refused, NotReachable, ApplicantGone),
    Medium.ZNS: (Refused, NotReachable, OptedOut, ApplicantGone),
}


class Provider:
    """Carries messages by one medium. Only SMS knows a message again when it is sent twice."""

    attempts = 4

    def __init__(self, world: World, medium: Medium) -> None:
        self.repeatable = Repeatable.IDEMPOTENT if medium is Medium.SMS else Repeatable.NEITHER
        self._world, self._medium = world, medium
        self.delivered: Counter[Name] = Counter()
        self.references: dict[str, Name] = {}
        self._refuses: dict[UUID, Any] = {}

    def restart(self) -> None:
        """It keeps nothing in the service's memory."""

    def call(self, task: Task) -> Any:
        """Send the message that this work is about."""
        world, medium, application = self._world, self._medium, task.application
        _, topic, number = parse_key(task.key)
        about = topic, number, medium
        task.state.request(topic, number)  # what the channels read first
        refusal = self._refuses.setdefault(application, world.random.choice((*[None] * 9, *_ANSWERS[medium])))
        if world.strikes(world.weather.refused):
            raise NotDoneError
        if refusal is not None:
            return refusal(*about)
        name = application, medium, f"{topic.value}:{number}"
        if world.strikes(world.weather.lost):  # it arrives later, or never
            world.later(world.spread(0.01, 120), self._accept, name)
            raise LostError
        reference = self._accept(name)
        if world.strikes(world.weather.crash):
            raise Crashed
        if world.strikes(world.weather.lost):
            raise LostError
        return Accepted(*about, reference)

    def _accept(self, name: Name) -> str:
        if self.repeatable is Repeatable.NEITHER or not self.delivered[name]:
            self.delivered[name] += 1
            self._world.tell(self._medium.value, "delivers", str(name[0])[:8], name[2])
        reference = f"{self._medium.value}-{len(self.references)}"
        self.references[reference] = name
        return reference
