"""Follows an application through all services as one trace (W3C Trace Context, OpenTelemetry).

A service without a collector has no `Traces` and pays nothing. With one, only what is sampled is touched: which
application is, is chosen where its first command comes in, and the choice travels in `traceparent`, from event to event
and beside the state, so that what comes later from outside joins the same trace. A span is written when it is over:
what was rolled back leaves none. Invariant: attributes are ids, codes and counts; none quotes a request or an event.
"""

import random
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from motcua_chassis.aggregates import Aggregate
from motcua_chassis.inputs import Answer, Command, Delivery, Input
from motcua_chassis.settings import ChassisSettings
from motcua_chassis.span import Kind, Span

_SAMPLED = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01", re.ASCII)
_CONTEXT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", re.ASCII)

Row = tuple[int, str, bytes, str, bytes]


class Traces:
    """The spans of one service process."""

    def __init__(self, write: Any, ratio: float) -> None:
        """`write` takes a span that is over."""
        self._write = write
        self._ratio = ratio

    def request(self, traceparent: str | None) -> Span | None:
        """The span of a request that begins; None where it is not sampled. The caller's choice counts."""
        if traceparent and _CONTEXT.fullmatch(traceparent):
            return self.follow(traceparent, "request", Kind.SERVER)
        if random.random() >= self._ratio:  # noqa: S311  # a share, not a secret
            return None
        return Span("request", Kind.SERVER, random.getrandbits(128) or 1, None)

    def follow(self, traceparent: str | None, name: str, kind: Kind, **attributes: Any) -> Span | None:
        """A span under the one that this names; None where that is not sampled."""
        found = _SAMPLED.fullmatch(traceparent) if traceparent else None
        return Span(name, kind, int(found[1], 16), int(found[2], 16), attributes) if found else None

    def begin(self, inputs: Sequence[Input], loaded: Mapping[UUID, Aggregate[Any]]) -> list[Span]:
        """Give each sampled input its span: what it leads to carries that on."""
        spans = []
        for item in inputs:
            stored = loaded[item.application].traceparent if item.application is not None else None
            item.span = span = self._of(item, stored)
            if span is not None:
                spans.append(span)
                if item.application is not None:
                    span.attributes["motcua.application"] = str(item.application)
        return spans

    def _of(self, item: Input, stored: str | None) -> Span | None:
        match item:
            case Delivery():
                return self._of_delivery(item)
            case Command():
                return self._of_command(item, stored)
            case Answer():
                return self.follow(item.traceparent, f"answer {item.key.partition(':')[0]}", Kind.INTERNAL)

    def _of_delivery(self, item: Delivery) -> Span | None:
        record, told = item.record, getattr(item.reading, "envelope", None)
        traceparent = told.traceparent if told is not None else _header(record.headers)
        span = self.follow(traceparent, f"process {record.topic}", Kind.CONSUMER)
        if span is not None:
            span.attributes |= {
                "messaging.system": "kafka", "messaging.operation.type": "process",
                "messaging.destination.name": record.topic, "messaging.kafka.offset": record.offset,
                "messaging.destination.partition.id": str(record.partition),
            }  # fmt: skip
        if span is not None and told is not None:
            span.attributes |= {"messaging.message.id": str(told.id), "motcua.event": told.type}
        return span

    def _of_command(self, item: Command, stored: str | None) -> Span | None:
        """A command joins the trace of its application, and takes its request along where nobody else began that."""
        name, request = f"command {type(item.body).__name__}", item.request
        span = self.follow(stored, name, Kind.INTERNAL)
        if request is None:
            return span
        if span is None:
            return self.follow(request.traceparent, name, Kind.INTERNAL)
        if request.begun_elsewhere:
            span.links.append(request.traceparent)
            return span
        request.join(span)
        span.parent_id = request.span_id
        return span

    def publish(self, rows: Sequence[Row]) -> tuple[list[Row], dict[int, Span]]:
        """The rows with the spans of their sending written into their headers, and those spans by row."""
        spans: dict[int, Span] = {}
        sent = [self._published(row, spans) for row in rows]
        return sent, spans

    def _published(self, row: Row, spans: dict[int, Span]) -> Row:
        seq, topic, key, headers, body = row
        head, _, content = headers.rpartition("\n")  # the last two lines: `traceparent` and the content type
        head, _, traceparent = head.rpartition("\n")
        span = self.follow(traceparent, f"publish {topic}", Kind.PRODUCER)
        if span is None:
            return row
        span.attributes |= {
            "messaging.system": "kafka", "messaging.operation.type": "send", "messaging.destination.name": topic,
            "motcua.application": key.decode(),
        }  # fmt: skip
        spans[seq] = span
        return seq, topic, key, f"{head}\n{span.traceparent}\n{content}", body

    def end(self, spans: Iterable[Span], *, error: str | None = None) -> None:
        """Write spans: now they are over."""
        now = time.time_ns()
        for span in spans:
            self._write(span, now, error)


def _header(headers: Iterable[tuple[str, bytes | None]]) -> str | None:
    """Of a record that cannot be read otherwise: that it was parked belongs to its trace too."""
    return next((value.decode("ascii", "replace") for name, value in headers if name == "traceparent" and value), None)


def open_traces(service: str, settings: ChassisSettings) -> tuple[Traces, Any] | None:
    """The traces of a service and what closes them; None where there is no collector to send them to."""
    if settings.otlp_url is None:
        return None
    from motcua_chassis.exporter import Exporter  # noqa: PLC0415  # OpenTelemetry's SDK only where it is used

    exporter = Exporter(service, str(settings.otlp_url))
    return Traces(exporter.write, settings.trace_ratio), exporter.close
