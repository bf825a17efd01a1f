"""What payment measures besides the chassis: refunds not made. A failed one waits for a person: alert on it."""

import asyncpg
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from motcua_chassis.http import AtDesk
from motcua_chassis.log import describe
from motcua_payment import store
from motcua_payment.refunds import RefundState

log = structlog.get_logger()
router = APIRouter()

_REGISTRY = CollectorRegistry()
_REFUNDS = Gauge("motcua_payment_refunds", "Refunds that are not made", ["state"], registry=_REGISTRY)
_OPEN = (RefundState.REQUESTED, RefundState.FAILED)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, desk: AtDesk) -> Response:
    """The chassis' metrics and ours; it stands before the chassis' route. Without a database the last count stays."""
    try:
        found = await store.count_open(desk.pool)
    except (TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        log.warning("metrics.count-failed", **describe(error))
    else:
        for state in _OPEN:
            _REFUNDS.labels(state.value).set(found.get(state.value, 0))
    text = request.app.state.metrics.render() + generate_latest(_REGISTRY)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")
