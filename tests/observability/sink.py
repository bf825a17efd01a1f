"""Where everything ends that is told to the outside: spans from the collector, alerts from Alertmanager."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from motcua_local.ports import free_ports


@dataclass(frozen=True)
class Seen:
    """One span as a collector hands it on."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    kind: int
    attributes: dict[str, Any]


@dataclass
class Sink:
    """What has come in so far."""

    url: str
    spans: dict[str, Seen] = field(default_factory=dict)
    alerts: list[dict[str, Any]] = field(default_factory=list)

    async def take_spans(self, request: web.Request) -> web.Response:
        told = ExportTraceServiceRequest.FromString(await request.read())
        for of_service in told.resource_spans:
            service = _values(of_service.resource.attributes)["service.name"]
            for span in (span for scope in of_service.scope_spans for span in scope.spans):
                ids = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
                self.spans[ids[1]] = Seen(service, span.name, *ids, span.kind, _values(span.attributes))
        return web.Response(body=b"", content_type="application/x-protobuf")

    async def take_alerts(self, request: web.Request) -> web.Response:
        self.alerts += (await request.json())["alerts"]
        return web.Response()

    def firing(self) -> set[tuple[str, str]]:
        """The alerts that were delivered, each with its service."""
        return {(a["labels"]["alertname"], a["labels"]["service"]) for a in self.alerts if a["status"] == "firing"}

    def of(self, application: str) -> list[Seen]:
        """The spans about an application."""
        return [span for span in self.spans.values() if span.attributes.get("motcua.application") == application]


@asynccontextmanager
async def open_sink() -> AsyncIterator[Sink]:
    """A server of the test's own loop."""
    [port] = free_ports(1)
    sink = Sink(f"http://127.0.0.1:{port}")
    app = web.Application(client_max_size=64 * 1024**2)
    app.router.add_post("/v1/traces", sink.take_spans)
    app.router.add_post("/alerts", sink.take_alerts)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield sink
    await runner.cleanup()


async def until(true: Callable[[], bool], deadline: float = 60.0) -> bool:
    """Whether it comes true in time."""
    end = asyncio.get_running_loop().time() + deadline
    while not true() and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(0.05)
    return true()


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
