"""One application is one trace: every step hangs under the one that led to it, and nobody untraced pays or appears."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import structlog

from chassis.tests.outside import Other, at_work, ended, is_away, says_yes
from chassis.tests.toy import Settle, envelope, record
from chassis.tests.toy_desk import CITIZEN, SECRET, SENTENCES, Pulse, router
from chassis.tests.toy_path import ToyPath, command
from motcua_chassis import outbox
from motcua_chassis.codec import unpack_headers
from motcua_chassis.door import Door
from motcua_chassis.http import Desk, create_app
from motcua_chassis.log import with_trace
from motcua_chassis.span import Kind, Span, current
from motcua_chassis.traces import Traces

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"


class Written:
    """What would have gone to a collector."""

    def __init__(self, ratio: float = 0.0) -> None:
        self.spans: list[Span] = []
        self.errors: list[str | None] = []
        self.traces = Traces(self._write, ratio)

    def _write(self, span: Span, _ended: int, error: str | None) -> None:
        self.spans.append(span)
        self.errors.append(error)

    def named(self, start: str) -> Span:
        [found] = [span for span in self.spans if span.name.startswith(start)]
        return found


@pytest.fixture
def written(path: ToyPath) -> Written:
    """The spans of the toy, whose path is traced."""
    written = Written()
    path.writer._traces = written.traces
    return written


def traced(application: UUID, traceparent: str | None = SAMPLED, offset: int = 0) -> Any:
    return record(application, offset, stamp=envelope(application)._replace(traceparent=traceparent))


async def stored(path: ToyPath, application: UUID) -> str | None:
    found: str | None = await path.pool.fetchval("SELECT traceparent FROM aggregates WHERE id = $1", application)
    return found


async def test_an_event_carries_on_the_trace_of_the_record_that_led_to_it(path: ToyPath, written: Written) -> None:
    application = uuid4()

    await path.deliver(traced(application))

    [span] = written.spans
    [published] = await path.published()
    assert (f"{span.trace_id:032x}", f"{span.parent_id:016x}", span.kind) == (TRACE, PARENT, Kind.CONSUMER)
    assert published.traceparent == span.traceparent == await stored(path, application)
    assert span.attributes["motcua.application"] == str(application)


@pytest.mark.parametrize("given", [None, UNSAMPLED, "00-Nguyễn Văn An-01", SAMPLED + "x", SAMPLED.upper()])
async def test_what_is_not_sampled_or_not_a_trace_leaves_no_span(
    path: ToyPath, written: Written, given: str | None
) -> None:
    assert written.traces.follow(given, "a call", Kind.CLIENT) is None
    if given is None or given.isascii():
        await path.deliver(traced(uuid4(), given))
    assert written.spans == []


async def test_what_was_rolled_back_leaves_no_span(make_path: Callable[..., ToyPath]) -> None:
    async def breaks(_connection: Any, _changes: Any) -> None:
        raise asyncpg.SerializationError("again")

    path, written = make_path(project=breaks), Written()
    path.writer._traces = written.traces

    with pytest.raises(asyncpg.SerializationError):
        await path.deliver(traced(uuid4()))

    assert written.spans == []


async def test_an_outside_call_and_its_answer_hang_under_the_decision_that_planned_it(
    path: ToyPath, written: Written
) -> None:
    application = uuid4()
    await path.deliver(traced(application))
    async with at_work(path, Other(says_yes), traces=written.traces):
        assert await ended(path)

    decided, call, answer = written.named("process"), written.named("call ask"), written.named("answer ask")
    assert (call.parent_id, call.kind, answer.parent_id) == (decided.span_id, Kind.CLIENT, call.span_id)
    assert {span.trace_id for span in written.spans} == {int(TRACE, 16)}
    assert await stored(path, application) == answer.traceparent


async def test_a_call_that_failed_says_so_and_the_next_one_hangs_beside_it(path: ToyPath, written: Written) -> None:
    await path.deliver(traced(uuid4()))
    answers = iter([is_away, says_yes])

    async def first_away(task: Any) -> Any:
        return await next(answers)(task)

    async with at_work(path, Other(first_away), traces=written.traces):
        assert await ended(path)

    calls = [
        (span, error) for span, error in zip(written.spans, written.errors, strict=True) if span.name == "call ask"
    ]
    assert [error for _, error in calls] == ["not-done", None]
    assert len({span.parent_id for span, _ in calls}) == 1
    assert [span.attributes["motcua.attempt"] for span, _ in calls] == [1, 2]


async def test_a_command_from_outside_joins_the_trace_of_its_application_and_its_request_with_it(
    path: ToyPath, written: Written
) -> None:
    application = uuid4()
    await path.deliver(traced(application))
    decided = written.named("process")
    settle = command(Settle("BL26H29"), application)
    settle.request = request = Span("request", Kind.SERVER, 1, None)

    await path.decide([settle])

    took = written.named("command Settle")
    assert (request.trace_id, request.parent_id) == (decided.trace_id, decided.span_id)
    assert (took.trace_id, took.parent_id) == (decided.trace_id, request.span_id)
    assert (await path.published(application))[-1].traceparent == took.traceparent


async def test_a_command_whose_caller_traces_it_is_linked_to_that(path: ToyPath, written: Written) -> None:
    application = uuid4()
    await path.deliver(traced(application))
    settle = command(Settle("BL26H29"), application)
    settle.request = request = Span("request", Kind.SERVER, 1, parent_id=2)

    await path.decide([settle])

    took = written.named("command Settle")
    assert (request.trace_id, request.parent_id) == (1, 2)
    assert (took.trace_id, took.links) == (int(TRACE, 16), [request.traceparent])


async def test_the_record_that_is_sent_carries_the_span_of_its_sending(path: ToyPath, written: Written) -> None:
    await path.deliver(traced(uuid4()), traced(uuid4(), None, offset=1))
    decided = written.named("process")
    async with path.pool.acquire() as connection:
        rows = await outbox.next_rows(connection, 10)  # type: ignore[arg-type]

    sent, spans = written.traces.publish(rows)

    span = spans[rows[0][0]]
    assert dict(unpack_headers(sent[0][3]))["traceparent"] == span.traceparent.encode()
    assert (span.parent_id, span.trace_id, span.kind) == (decided.span_id, decided.trace_id, Kind.PRODUCER)
    assert {**dict(unpack_headers(sent[0][3])), "traceparent": b""} == {
        **dict(unpack_headers(rows[0][3])), "traceparent": b"",
    }  # fmt: skip
    assert (sent[1], len(spans)) == (rows[1], 1)


@asynccontextmanager
async def at_the_door(path: ToyPath, written: Written) -> AsyncIterator[httpx.AsyncClient]:
    path.writer._traces = written.traces
    door = Door(path.path, window=0)
    running = asyncio.create_task(door.run())
    desk = Desk(door, path.pool, SECRET)
    app = create_app("Toy", desk, Pulse(), path.metrics, path.repair, [router], SENTENCES, written.traces)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        yield client
    door.close()
    await running


THING = {"applicant": {"full_name": "NGUYỄN VĂN AN", "born": "1984-05-02T00:00:00Z"}, "pages": 7}


async def test_a_request_begins_a_trace_named_by_its_route_that_quotes_nothing(path: ToyPath) -> None:
    written = Written(ratio=1.0)
    async with at_the_door(path, written) as client:
        answer = await client.post("/things?name=NGUYEN", json=THING, headers=CITIZEN | {"idempotency-key": "a-key"})
        assert answer.status_code == 201, answer.text
        await client.get("/health/live")

    request, took = written.named("POST"), written.named("command")
    assert (request.name, request.parent_id, took.parent_id) == ("POST /things", None, request.span_id)
    assert request.attributes["http.response.status_code"] == 201
    assert len(written.spans) == 2
    assert "NGUY" not in repr(written.spans)
    [published] = await path.published()
    assert published.traceparent == took.traceparent


async def test_a_caller_chooses_whether_its_request_is_traced(path: ToyPath) -> None:
    for pages, given, count in ((1, SAMPLED, 2), (2, UNSAMPLED, 0)):
        written = Written(ratio=1.0)
        async with at_the_door(path, written) as client:
            headers = CITIZEN | {"idempotency-key": given, "traceparent": given}
            answer = await client.post("/things", json=THING | {"pages": pages}, headers=headers)
            assert answer.status_code == 201, answer.text
        assert len(written.spans) == count
        assert {f"{span.trace_id:032x}" for span in written.spans} <= {TRACE}


def test_a_line_written_during_a_request_names_its_trace() -> None:
    token = current.set(Span("request", Kind.SERVER, int(TRACE, 16), None))
    try:
        assert with_trace(None, "info", {"event": "it.happened"})["trace_id"] == TRACE
    finally:
        current.reset(token)
    assert "trace_id" not in with_trace(None, "info", {"event": "it.happened"})


async def test_a_record_that_is_parked_is_logged_with_its_application_and_its_trace(
    path: ToyPath, written: Written
) -> None:
    application = uuid4()
    with structlog.testing.capture_logs() as lines:
        broken = traced(application)
        broken.value = b"{}"
        await path.deliver(broken)

    [line] = [line for line in lines if line["event"] == "path.parked"]
    assert (line["application"], line["trace_id"]) == (str(application), TRACE)
    assert [span.name for span in written.spans] == ["process motcua.intake.events"]
