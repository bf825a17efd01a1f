"""Hands spans to OpenTelemetry's SDK, which sends them to a collector (OTLP over HTTP) from a thread of its own.

A collector that is away costs spans, never an application: the queue is bounded, and what does not fit is dropped.
"""

from importlib.metadata import version
from threading import Timer

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from motcua_chassis.span import Span

_FLAGS = TraceFlags(TraceFlags.SAMPLED)
_SCOPE = InstrumentationScope("motcua_chassis", version("motcua-chassis"))
_DONE = Status(StatusCode.UNSET)
_SECONDS, _LAST_SECONDS = 5.0, 2.0


class Exporter:
    """The way out of one service's spans."""

    def __init__(self, service: str, url: str) -> None:
        self._resource = Resource.create({"service.name": service, "service.namespace": "motcua"})
        self._exporter = OTLPSpanExporter(f"{url.rstrip('/')}/v1/traces", timeout=_SECONDS)
        self._processor = BatchSpanProcessor(self._exporter)

    def write(self, span: Span, ended: int, error: str | None) -> None:
        """Queue a span that is over; returns at once."""
        self._processor.on_end(
            ReadableSpan(
                span.name,
                context=SpanContext(span.trace_id, span.span_id, is_remote=False, trace_flags=_FLAGS),
                parent=_context(span.trace_id, span.parent_id) if span.parent_id else None,
                resource=self._resource,
                attributes=span.attributes,
                links=[Link(_context(*_ids(link))) for link in span.links],
                kind=SpanKind[span.kind.value],
                status=Status(StatusCode.ERROR, error) if error else _DONE,
                start_time=span.started,
                end_time=ended,
                instrumentation_scope=_SCOPE,
            )
        )

    def close(self) -> None:
        """Send what is queued; after a few seconds the rest is given up: the SDK alone would try for half a minute."""
        overdue = Timer(_LAST_SECONDS, self._exporter.shutdown)
        overdue.daemon = True
        overdue.start()
        self._processor.shutdown()  # type: ignore[no-untyped-call]
        overdue.cancel()


def _ids(traceparent: str) -> tuple[int, int]:
    _, trace, span, _ = traceparent.split("-")
    return int(trace, 16), int(span, 16)


def _context(trace_id: int, span_id: int) -> SpanContext:
    return SpanContext(trace_id, span_id, is_remote=True, trace_flags=_FLAGS)
