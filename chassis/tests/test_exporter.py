"""Spans on their way out: as OpenTelemetry wants them, and never in the way of the service."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from motcua_chassis.exporter import Exporter
from motcua_chassis.span import Kind, Span


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[Exporter]:
    """An exporter whose collector does not answer."""
    monkeypatch.setattr("motcua_chassis.exporter._LAST_SECONDS", 0.1)
    exporter = Exporter("toy", "http://127.0.0.1:9/")
    yield exporter
    exporter.close()


async def test_a_collector_that_is_away_does_not_hold_a_service_at_its_end(away: Exporter) -> None:
    for number in range(2_000):
        away.write(Span("a call", Kind.CLIENT, number + 1, None), time.time_ns(), "not-done")

    await asyncio.wait_for(asyncio.to_thread(away.close), 20)


def test_a_span_is_written_with_its_place_its_service_and_what_it_is_linked_to(away: Exporter) -> None:
    written = InMemorySpanExporter()
    away._processor = SimpleSpanProcessor(written)  # type: ignore[assignment]
    span = Span("command Settle", Kind.INTERNAL, 0xA, 0xB, {"motcua.application": "x"}, [f"00-{1:032x}-{2:016x}-01"])

    away.write(span, span.started + 5, "it broke")

    [told] = written.get_finished_spans()
    assert told.context is not None
    assert told.parent is not None
    assert (told.name, told.context.trace_id, told.context.span_id, told.parent.span_id) == (
        "command Settle", 0xA, span.span_id, 0xB,
    )  # fmt: skip
    assert [(link.context.trace_id, link.context.span_id) for link in told.links] == [(1, 2)]
    assert (told.resource.attributes["service.name"], told.status.description) == ("toy", "it broke")
    assert told.end_time == span.started + 5
