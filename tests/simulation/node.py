"""One service: the chassis's pure middle with the service's own business, over tables that are dictionaries.

What a transaction writes it writes as a whole, at its end, or never: it may die before and after. Mirrors the chassis
in `path`, `relay`, `inbox`, `positions`, `counters`, `commands`; decisions, ids and due work are its own code.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from motcua_chassis.aggregates import Aggregate, Aggregates
from motcua_chassis.codec import Incoming, Outgoing, Poison, Reader
from motcua_chassis.counters import CounterNotLockedError, Offer
from motcua_chassis.decisions import Decided, Folder
from motcua_chassis.inputs import Answer, Command, Delivery, Input, Outcome
from motcua_chassis.message import Decider
from motcua_contracts import Event, Stream
from tests.simulation.log import Content, Log, Place
from tests.simulation.work import Adapters, Work
from tests.simulation.world import Crashed, World

Hook = Callable[[UUID, Any], None]


class Node:
    """A service with its database, its consumer and its relay."""

    def __init__(
        self,
        world: World,
        log: Log,
        stream: Stream,
        decider: Decider[Any],
        reads: Sequence[type[Event]],
        adapters: Adapters,
    ) -> None:
        self.name = stream.value
        self.stream = stream
        self.decider = decider
        self.aggregates: dict[UUID, Aggregate[Any]] = {}
        self.codec: Aggregates[Any] = Aggregates(decider.initial)
        self.positions: dict[Place, int] = {}
        self.counters: dict[str, int] = {}
        self.outbox: list[tuple[Outgoing, Content]] = []
        self.faults: list[str] = []
        self.hooks: list[Hook] = []
        self.work = Work(self, world, adapters)
        self.skew = timedelta(seconds=world.random.gauss(0, 1))
        self._world, self._log = world, log
        self._folder = Folder(stream, decider)
        self.reader = Reader(reads)
        self._inbox: set[UUID] = set()
        self.replies: dict[UUID, UUID] = {}
        """The application that a key led to."""
        self._far = {topic: world.spread(0.01, world.random.choice((1, 60, 200_000))) for topic in self.reader.topics}
        self._awaited: set[Place] = set()
        self._relaying = False
        for topic in self.reader.topics:
            log.subscribe(topic, self._hear)

    def clock(self) -> datetime:
        """What this machine believes the time to be."""
        return self._world.now + self.skew

    def state(self, application: UUID) -> Any:
        """What is committed of an application; the initial state where nothing is."""
        found = self.aggregates.get(application)
        return self.decider.initial if found is None else found.state

    def jump(self, by: timedelta) -> None:
        """Somebody sets the clock."""
        self._world.tell(self.name, "clock jumps by", by)
        self.skew += by
        self.work.look_again()

    def command(self, application: UUID, body: Any, cause: UUID, *, keyed: bool = False) -> Outcome:
        """An HTTP command. Raises `Crashed` where nobody was answered, committed or not."""
        if keyed and cause in self.replies:
            return Outcome()
        command = Command(application, body, cause)
        self.transact([command])
        assert command.outcome is not None
        if keyed and command.outcome.refusal is None:
            self.replies[cause] = application
        self._die()
        return command.outcome

    def transact(self, inputs: Sequence[Input], covered: tuple[Place, int] | None = None) -> None:
        """One transaction. Raises `Crashed`; then nothing of it happened."""
        now = self.clock()
        ids = sorted({i.application for i in inputs if i.application is not None})
        loaded = {id_: self.aggregates.get(id_) or Aggregate(id_, 0, self.decider.initial, None, None) for id_ in ids}
        valid = [i for i in inputs if not isinstance(i, Answer) or self.work.is_valid(i)]
        decided, offer = self._fold(valid, loaded, now)
        self._die()
        self._commit(valid, loaded, decided, offer, now)
        if covered is not None:
            self.positions[covered[0]] = max(covered[1], self.positions.get(covered[0], 0))
            self._inbox.update(i.reading.envelope.id for i in valid if _read(i))  # type: ignore[union-attr]
        self._note(valid, decided)

    def _fold(
        self, inputs: Sequence[Input], loaded: dict[UUID, Aggregate[Any]], now: datetime
    ) -> tuple[Decided[Any], Offer]:
        names = self._folder.counters(inputs, loaded, now)
        while True:
            offer = Offer({name: self.counters.get(name, 0) for name in names})
            try:
                return self._folder.fold(inputs, loaded, now, offer, set()), offer
            except CounterNotLockedError as missing:
                names.add(missing.name)

    def _commit(
        self,
        inputs: Sequence[Input],
        loaded: dict[UUID, Aggregate[Any]],
        decided: Decided[Any],
        offer: Offer,
        now: datetime,
    ) -> None:
        for id_ in decided.touched:
            self.aggregates[id_] = decided.aggregates[id_]
        planned, settled = self._folder.work(loaded, decided, now)
        self.work.follow(planned, settled, [i for i in inputs if isinstance(i, Answer)])
        self.counters.update((name, offer.values[name]) for name in offer.consumed)
        if decided.outgoing:
            self.outbox += [(row, Content(row)) for row in decided.outgoing]
            self._relay_soon()

    def _note(self, inputs: Sequence[Input], decided: Decided[Any]) -> None:
        for change in decided.changes:
            for recorded in change.recorded:
                self._world.tell(self.name, type(recorded.event).__name__, str(change.application)[:8])
            for hook in self.hooks:
                hook(change.application, decided.aggregates[change.application].state)
        self.faults += [f"{reason}: {detail}" for _, reason, detail in decided.parked]
        outcomes = [i.outcome for i in inputs if i.outcome is not None]
        self.faults += [f"a message raised {o.fault!r}" for o in outcomes if o.fault is not None]

    def _die(self) -> None:
        if self._world.strikes(self._world.weather.crash):
            self._world.tell(self.name, "crashes")
            self.work.restart()
            raise Crashed

    def _hear(self, place: Place) -> None:
        """Something is there; when it is noticed depends on how far this topic is from here."""
        if place not in self._awaited:
            self._awaited.add(place)
            self._world.later(self._far[place[0]] * (0.5 + self._world.chance()), self._take, place)

    def _take(self, place: Place) -> None:
        """One batch of a partition: from the position on, or from before it, as after a lost offset commit."""
        world, records = self._world, self._log.records[place]
        self._awaited.discard(place)
        known = self.positions.get(place, 0)
        first = max(0, known - world.random.randrange(1, 6)) if world.strikes(world.weather.repeat) else known
        batch = records[first : first + world.random.choice((1, 2, 5, 500))]
        if not batch:
            return
        fresh: dict[Any, Delivery] = {}
        for record in batch:
            reading = record.read_by(self.reader)
            if reading is not None and record.offset >= known:
                delivery = Delivery(record, reading)
                name = reading.envelope.id if isinstance(reading, Incoming) else record.offset
                if name not in self._inbox:
                    fresh.setdefault(name, delivery)
        try:
            self.transact(list(fresh.values()), (place, batch[-1].offset + 1))
            self._die()
        except Crashed:
            pass
        if self.positions.get(place, 0) < len(records):
            self._hear(place)

    def _relay_soon(self) -> None:
        if self.outbox and not self._relaying:
            self._relaying = True
            self._world.later(self._world.spread(0.001, 5), self._relay)

    def _relay(self) -> None:
        """Send the lowest rows; whatever was not deleted, because it or the process failed, is sent again."""
        world, sent, stopped = self._world, set(), set()
        self._relaying = False
        for row, content in self.outbox[: world.random.choice((1, 3, 500))]:
            place = row.key.int % 2
            if place in stopped:
                continue
            if world.strikes(world.weather.unsent):  # the broker has it or not; nobody was told
                stopped.add(place)
                if world.chance() < 0.5:
                    self._log.publish(row.topic, row.key, content)
                continue
            self._log.publish(row.topic, row.key, content)
            sent.add(id(content))
        try:
            self._die()
            self.outbox = [row for row in self.outbox if id(row[1]) not in sent]
        except Crashed:
            pass
        self._relay_soon()


def _read(item: Input) -> bool:
    return isinstance(item, Delivery) and not isinstance(item.reading, Poison)
