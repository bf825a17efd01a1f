"""The HTTP side every service shares: principals, problems, health and metrics."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from fastapi.security import HTTPBearer
from fastapi.telemetry import TelemetryConfig

from motcua_chassis import problems
from motcua_chassis.bounded_bodies import BoundedBodies
from motcua_chassis.door import Door
from motcua_chassis.health import Health
from motcua_chassis.identifiers import name_id
from motcua_chassis.inputs import Command, IdempotencyKey, Outcome
from motcua_chassis.metrics import Metrics
from motcua_chassis.principals import InvalidTokenError, Principal, Role, Tokens
from motcua_chassis.problems import ProblemError
from motcua_chassis.repair import Repair
from motcua_chassis.span import current
from motcua_chassis.traced_requests import TracedRequests
from motcua_chassis.traces import Traces


class Desk:
    """What a route may use: the door for commands, the pool for reading, the secrets that tokens may be signed with."""

    def __init__(self, door: Door[Any], pool: asyncpg.Pool, *secrets: str) -> None:
        self.pool = pool
        self._door = door
        self._tokens = [Tokens(secret) for secret in secrets]

    async def submit(self, command: Command) -> Outcome:
        """Take a command through the path. Raises `ProblemError` for a refusal, and whatever a defect raised."""
        command.request = current.get()
        outcome = await self._door.submit(command)
        if outcome.refusal is not None:
            raise problems.refused(outcome.refusal)
        if outcome.fault is not None:
            raise outcome.fault
        return outcome

    def verify(self, token: str) -> Principal:
        """Raises `InvalidTokenError`."""
        *before, last = self._tokens
        for tokens in before:
            with suppress(InvalidTokenError):
                return tokens.verify(token)
        return last.verify(token)


async def desk(request: Request) -> Desk:
    """The running service's desk."""
    found: Desk = request.app.state.desk
    return found


class Caller(HTTPBearer):
    """A dependency that lets only these roles in; one, for FastAPI takes its time over each."""

    def __init__(self, *roles: Role) -> None:
        super().__init__(
            auto_error=False, scheme_name=HTTPBearer.__name__, description="Signed development token (JWT, HS256)"
        )
        self._roles = roles

    async def __call__(self, request: Request) -> Principal:  # type: ignore[override]  # more than credentials
        credentials = await super().__call__(request)
        if credentials is None:
            raise ProblemError("not-authenticated", 401)
        try:
            found = (await desk(request)).verify(credentials.credentials)
        except InvalidTokenError:
            raise ProblemError("not-authenticated", 401) from None
        if found.role not in self._roles:
            raise ProblemError("not-allowed", 403)
        return found


AtDesk = Annotated[Desk, Depends(desk)]
Citizen = Annotated[Principal, Depends(Caller(Role.CITIZEN))]
Officer = Annotated[Principal, Depends(Caller(Role.OFFICER))]
Operator = Annotated[Principal, Depends(Caller(Role.OPERATOR))]
AnotherService = Annotated[Principal, Depends(Caller(Role.SERVICE))]
CitizenOrOfficer = Annotated[Principal, Depends(Caller(Role.CITIZEN, Role.OFFICER))]
Anyone = Annotated[Principal, Depends(Caller(*Role))]

_KEY = Header(
    alias="Idempotency-Key",
    min_length=1,
    max_length=200,
    pattern=r"^[!-~]+$",
    description="Chosen by the caller; the same key and body get the same answer, however often they are sent.",
    examples=["7f8a1c0e-5b0d-4f0e-9a51-0d6c2f6b9b11"],
)
Key = Annotated[str, _KEY]
"""For routes that take no request without one; 200 characters are what an index of the commands holds with ease."""
OptionalKey = Annotated[str | None, _KEY]


def idempotency(principal: Principal, route: str, key: str | None, body: bytes) -> IdempotencyKey | None:
    """Names this request, so that its repetition gets the same answer."""
    return IdempotencyKey(str(principal.subject), route, key, hashlib.sha256(body).digest()) if key else None


def cause_of(principal: Principal, route: str, key: str | None) -> UUID:
    """The id of a command: the same for a repetition under its key."""
    return name_id(str(principal.subject), route, key) if key else uuid4()


def json_reply(reply: bytes, status: int = 200) -> Response:
    """A reply that was rendered inside the transaction."""
    return Response(reply, status, media_type="application/json")


_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""Our own say what happened; the framework's quote paths and the messages of exceptions."""


def create_app(
    title: str,
    desk: Desk,
    health: Health,
    metrics: Metrics,
    repair: Repair[Any],
    routers: Sequence[APIRouter],
    sentences: problems.Sentences,
    traces: Traces | None = None,
) -> FastAPI:
    """The FastAPI app of a service."""
    app = FastAPI(title=title, version="1", docs_url="/docs", redoc_url=None, telemetry=_NO_TELEMETRY)
    app.state.desk, app.state.health, app.state.metrics, app.state.repair = desk, health, metrics, repair
    problems.install(app, sentences)
    app.add_middleware(BoundedBodies)
    if traces is not None:
        app.add_middleware(TracedRequests, traces=traces)
    known = (*routers, probes)
    app.state.routes = [route for router in known for route in router.routes]
    for router in known:
        app.include_router(router)
    return app


probes = APIRouter(tags=["probes"])


_NOT_WELL: dict[int | str, dict[str, Any]] = {503: {"description": "What stands, in `faults`"}}


@probes.get("/health/live", summary="Does the process make progress?", responses=_NOT_WELL)
async def live(request: Request) -> Response:
    """200 while every loop makes progress, 503 with the standing ones otherwise."""
    faults = request.app.state.health.not_live()
    return JSONResponse({"live": not faults, "faults": faults}, 503 if faults else 200)


@probes.get("/health/ready", summary="May traffic come here?", responses=_NOT_WELL)
async def ready(request: Request) -> Response:
    """200 when partitions are assigned, the database answers and nothing is halted, 503 with the reasons otherwise."""
    faults = request.app.state.health.not_ready()
    return JSONResponse({"ready": not faults, "faults": faults}, 503 if faults else 200)


@probes.get("/metrics", summary="Prometheus metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """The exposition text."""
    await request.app.state.metrics.refresh(request.app.state.desk.pool)
    return Response(request.app.state.metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


def owns(principal: Principal, applicant_id: UUID, agency: str, representative: UUID | None = None) -> bool:
    """Whether a citizen's own dossier, or one they represent somebody in, or one of an officer's agency."""
    if principal.role is Role.CITIZEN:
        return principal.subject in {applicant_id, representative}
    return principal.role is Role.SERVICE or principal.serves(agency)
