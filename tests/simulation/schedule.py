"""One schedule: four services, the outside world and its people, from a seed to rest."""

from datetime import timedelta
from functools import cache, partial
from typing import Any
from uuid import UUID

from motcua_chassis.message import Decider
from motcua_contracts import Event, Medium, Stream
from motcua_identity import domain as identity
from motcua_identity import replay as identity_replay
from motcua_identity.review_rules import load_rules
from motcua_intake import domain as intake
from motcua_intake import replay as intake_replay
from motcua_intake.catalogue import catalogue
from motcua_notification import domain as notification
from motcua_notification.rules import RULES
from motcua_payment import domain as payment
from motcua_payment import replay as payment_replay
from motcua_payment.fees import FeeSchedule, load_fees
from motcua_payment.inquirer import Inquirer
from motcua_payment.refunder import Refunder
from tests.simulation.citizens import Citizens
from tests.simulation.gateway import AtGateway, Gateway
from tests.simulation.log import Log
from tests.simulation.node import Node
from tests.simulation.officers import Cashiers, Correspondents, Desk, Reviewers
from tests.simulation.providers import Provider, Registry
from tests.simulation.work import Adapters
from tests.simulation.world import Crashed, World

Business = tuple[Decider[Any], tuple[type[Event], ...]]


@cache
def fees() -> FeeSchedule:
    """The fee rules, read once."""
    return load_fees()


@cache
def business() -> dict[Stream, Business]:
    """Each service's pure functions and what it reads."""
    procedures, _, calendar = catalogue()
    return {
        Stream.INTAKE: (intake.decider(procedures, calendar), tuple(intake_replay.READS)),
        Stream.IDENTITY: (identity.decider(load_rules()), tuple(identity_replay.REPLAYABLE.reads)),
        Stream.PAYMENT: (payment.decider(fees()), tuple(payment_replay.READS)),
        Stream.NOTIFICATION: (notification.DECIDER, tuple(RULES.events)),
    }


class Schedule:
    """Everything that takes part; `run` it once, then look at what is left."""

    def __init__(self, world: World) -> None:
        self.world, self.log = world, Log()
        self.gateway = Gateway(world, self._notice)
        self.providers = {medium: Provider(world, medium) for medium in Medium}
        adapters: dict[Stream, Adapters] = {
            Stream.IDENTITY: {identity.REGISTRY: Registry(world)},
            Stream.PAYMENT: {
                "refund": AtGateway(world, self.gateway, partial(Refunder, attempts=4)),
                payment.EXPIRY: AtGateway(world, self.gateway, partial(Inquirer, attempts=6)),
            },
            Stream.NOTIFICATION: {medium.value: provider for medium, provider in self.providers.items()},
        }
        self.nodes = {
            stream: Node(world, self.log, stream, decider, reads, adapters.get(stream, {}))
            for stream, (decider, reads) in business().items()
        }
        self.citizens = Citizens(world, self.nodes[Stream.INTAKE], self.nodes[Stream.PAYMENT], self.gateway)
        Desk(world, self.nodes[Stream.INTAKE], 60, world.random.choice((3_600, 5 * 86_400)))
        Reviewers(world, self.nodes[Stream.IDENTITY], 60, 86_400)
        self.cashiers = Cashiers(world, self.nodes[Stream.PAYMENT])
        Correspondents(world, self.nodes[Stream.NOTIFICATION])

    def run(self) -> None:
        """Until nothing is to come. Raises `NoRestError`."""
        random = self.world.random
        self.filed = random.choice((1, 1, 2, 3))
        for _ in range(self.filed):
            self.citizens.appear()
        for _ in range(random.choice((0, 0, 0, 2))):
            node = self.nodes[random.choice(tuple(Stream))]
            by = timedelta(seconds=random.choice((-3_600, -30, 30, 3_600)))
            self.world.later(self.world.spread(1, 10 * 86_400), node.jump, by)
        self.world.run()

    def _notice(self, application: UUID, paid: Any, cause: UUID) -> bool:
        if self.world.strikes(self.world.weather.refused):  # on its way, or turned away with 99
            return False
        try:
            outcome = self.nodes[Stream.PAYMENT].command(application, paid, cause)
        except Crashed:
            return False
        return outcome.fault is None
