from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.tests.toy import RAISES, TOY, Said, Settle, Toy, decide, due, envelope, evolve, record, submitted
from chassis.tests.toy_path import command
from motcua_chassis.aggregates import Aggregate
from motcua_chassis.codec import Incoming, unpack_headers
from motcua_chassis.counters import CounterNotLockedError, Offer
from motcua_chassis.decisions import Decided, Folder
from motcua_chassis.inputs import Answer, Command, Delivery, Input
from motcua_chassis.message import Decider, Message, Refusal, Work
from motcua_contracts import IdentityCheckRequested, Stream, read_headers

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def delivery(application: UUID, code: str = "H29.25.12-261122-0001") -> Delivery:
    event = submitted(code)
    return Delivery(record(application, event=event), Incoming(envelope(application), event))


def known(*applications: UUID, **parts: Any) -> dict[UUID, Aggregate[Toy]]:
    given: dict[str, Any] = {"version": 0, "state": Toy(), "last_event_at": None, "correlation": None}
    return {id_: Aggregate(id_, **(given | parts)) for id_ in applications}


def fold(
    *inputs: Input,
    loaded: Mapping[UUID, Aggregate[Toy]] | None = None,
    decider: Decider[Toy] = TOY,
    offer: Offer | None = None,
    blocked: set[Any] | None = None,
) -> Decided[Toy]:
    loaded = known(*{i.application for i in inputs if i.application}) if loaded is None else loaded
    return Folder(Stream.IDENTITY, decider).fold(inputs, loaded, NOW, offer or Offer(), blocked or set())


def test_inputs_of_one_batch_build_on_each_other_in_order() -> None:
    application = uuid4()

    decided = fold(delivery(application), delivery(application, "H29.25.12-261122-0002"), delivery(application))

    assert decided.aggregates[application].version == 3
    assert decided.aggregates[application].state.submissions == 3
    assert [change.recorded[0].sequence for change in decided.changes] == [1, 2, 3]


def test_an_input_that_raises_is_set_apart_and_leaves_its_neighbours_and_its_state_untouched() -> None:
    good, bad = uuid4(), uuid4()

    decided = fold(delivery(good), delivery(bad, RAISES), delivery(good))

    assert decided.aggregates[bad] == known(bad)[bad]
    assert decided.aggregates[good].version == 2
    assert [(item.application, reason) for item, reason, _ in decided.parked] == [(bad, "raised-ArithmeticError")]
    assert {row.key for row in decided.outgoing} == {good}


def test_an_exception_is_told_by_its_kind_and_place_and_not_by_its_text() -> None:
    def quote(_state: Toy, message: Message) -> Any:
        raise ValueError(f"what a shame, {message.body.dossier.code}")

    decided = fold(delivery(uuid4()), decider=Decider(Toy(), quote, evolve, due))

    [(_, reason, detail)] = decided.parked
    assert (reason, detail.rpartition(":")[0]) == ("raised-ValueError", "deciding raised at quote")
    assert "H29" not in detail


@pytest.mark.parametrize("part", ["decide", "evolve", "counter", "reply"])
def test_whatever_raises_no_event_remains(part: str) -> None:
    def raises(*_: Any) -> Any:
        raise ArithmeticError

    functions: dict[str, Any] = {"decide": decide, "evolve": evolve, "counter": TOY.counter}
    decider = Decider(Toy(), due=due, **(functions | {part: raises} if part != "reply" else functions))
    application, offer = uuid4(), Offer({"BL26H29": 5})
    failing = command(Settle("BL26H29"), application, reply=raises if part == "reply" else None)

    decided = fold(failing, decider=decider, offer=offer)

    assert isinstance(failing.outcome and failing.outcome.fault, ArithmeticError)
    assert (decided.changes, decided.outgoing, decided.touched) == ([], [], set())
    assert decided.aggregates[application].version == 0
    assert (offer.values, offer.consumed) == ({"BL26H29": 5}, set())


def test_an_event_cannot_be_refused_and_is_parked() -> None:
    decided = fold(delivery(uuid4()), decider=Decider(Toy(), lambda *_: Refusal("no"), evolve, due))

    assert [reason for _, reason, _ in decided.parked] == ["raised-TypeError"]


def test_a_refused_command_changes_nothing_and_does_not_take_its_number() -> None:
    refused, offer = command(Settle("BL26H29", refuse=True)), Offer({"BL26H29": 5})

    decided = fold(refused, offer=offer)

    assert refused.outcome is not None
    assert refused.outcome.refusal == Refusal("not-now")
    assert (decided.changes, offer.consumed) == ([], set())


def test_commands_that_name_one_counter_get_consecutive_numbers() -> None:
    offer = Offer({"BL26H29": 5})
    commands = [command(Settle("BL26H29")), command(Settle("BL26H29", refuse=True)), command(Settle("BL26H29"))]

    decided = fold(*commands, offer=offer)

    assert [change.recorded[0].event.receipt for change in decided.changes] == ["BL26H29-0000006", "BL26H29-0000007"]  # type: ignore[attr-defined]
    assert offer.values == {"BL26H29": 7}


def test_a_number_that_led_to_nothing_is_not_taken() -> None:
    offer = Offer({"BL26H29": 5})

    fold(command(Settle("BL26H29")), decider=Decider(Toy(), lambda *_: [], evolve, due, TOY.counter), offer=offer)

    assert (offer.values, offer.consumed) == ({"BL26H29": 5}, set())


def test_a_counter_that_was_not_foreseen_is_asked_for() -> None:
    with pytest.raises(CounterNotLockedError, match="BL26H29"):
        fold(command(Settle("BL26H29")))


def test_time_never_runs_behind_the_last_event() -> None:
    application, later = uuid4(), NOW + timedelta(days=3)

    decided = fold(delivery(application), loaded=known(application, version=7, last_event_at=later))

    [recorded] = decided.changes[0].recorded
    assert (recorded.time, recorded.sequence) == (later, 8)
    assert decided.aggregates[application].last_event_at == later


def test_the_envelope_tells_cause_story_and_trace() -> None:
    application = uuid4()
    taken, trace = delivery(application), "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    assert isinstance(taken.reading, Incoming)
    taken.reading = Incoming(taken.reading.envelope._replace(traceparent=trace), taken.reading.event)

    first, second = fold(taken, command(Settle("BL26H29"), application), offer=Offer({"BL26H29": 0})).outgoing

    asked, settled = (read_headers(unpack_headers(row.headers)) for row in (first, second))
    assert (asked.causation_id, asked.correlation_id) == (
        taken.reading.envelope.id,
        taken.reading.envelope.correlation_id,
    )
    assert (asked.traceparent, asked.subject, asked.sequence) == (trace, application, 1)
    assert settled.correlation_id == taken.reading.envelope.correlation_id
    assert (settled.causation_id, settled.sequence) != (asked.causation_id, asked.sequence)


def test_a_command_that_starts_a_story_is_its_correlation() -> None:
    first = command(Settle("BL26H29"))

    [row] = fold(first, offer=Offer({"BL26H29": 0})).outgoing

    assert read_headers(unpack_headers(row.headers)).correlation_id == first.cause


def test_the_same_batch_decided_again_gives_the_same_ids_and_another_service_gives_others() -> None:
    application = uuid4()
    same = delivery(application)
    again = [
        Folder(stream, TOY).fold([same], known(application), NOW, Offer(), set()).outgoing
        for stream in (Stream.IDENTITY, Stream.IDENTITY, Stream.PAYMENT)
    ]
    ids = [read_headers(unpack_headers(rows[0].headers)).id for rows in again]

    assert ids[0] == ids[1] != ids[2]


def test_events_behind_a_parked_one_are_held_by_application_and_source() -> None:
    bad, other = uuid4(), uuid4()
    behind = delivery(bad)

    decided = fold(
        delivery(bad, RAISES), behind, delivery(other), command(Settle("BL26H29"), bad), offer=Offer({"BL26H29": 0})
    )

    assert decided.held == [behind]
    assert decided.touched == {other, bad}


def test_work_is_what_due_says_before_and_after() -> None:
    one, two, three, four = (uuid4() for _ in range(4))
    wanted: dict[UUID, dict[str, Work]] = {
        one: {"stays": Work("k"), "goes": Work("k")},
        two: {"stays": Work("k"), "moves": Work("k", NOW + timedelta(days=1)), "comes": Work("k")},
    }

    def due_of(state: Toy) -> Mapping[str, Work]:
        return wanted[two] if state.submissions else {**wanted[one], "moves": Work("k", NOW)}

    decider = Decider(Toy(), decide, evolve, due_of)
    loaded = {**known(one, version=3), **known(three, version=1)}
    decided = fold(delivery(one), loaded=loaded, decider=decider)
    planned, settled = Folder(Stream.IDENTITY, decider).work(loaded, decided, NOW)

    assert {(p.key, p.at) for p in planned} == {("moves", NOW + timedelta(days=1)), ("comes", NOW)}
    assert settled == [(one, "goes")]
    assert four not in decided.touched


def test_an_answer_is_decided_like_any_message() -> None:
    application = uuid4()
    request = IdentityCheckRequested(dossier=submitted().dossier, fee_basis=submitted().fee_basis)
    answer = Answer(application, "ask", uuid4(), Said(yes=True), uuid4())

    decided = fold(answer, loaded=known(application, version=1, state=Toy(request=request)))

    assert [row.headers.split("\n")[3] for row in decided.outgoing] == ["vn.motcua.identity.verified.v1"]
    assert answer.outcome is not None
    assert answer.outcome.reply == b""


def test_a_command_is_told_the_state_after_its_events() -> None:
    told = Command(
        uuid4(), Settle("BL26H29"), uuid4(), lambda state, events: f"{state.receipts} {len(events)}".encode()
    )

    fold(told, offer=Offer({"BL26H29": 41}))

    assert told.outcome is not None
    assert told.outcome.reply == b"('BL26H29-0000042',) 1"
