"""One stage of the pipeline on the chassis: `python -m tests.load.ours STAGE`. Intake's has an HTTP door as well."""

import sys
from datetime import UTC, date, datetime
from os import urandom
from uuid import UUID

from fastapi import APIRouter, Request, Response

from motcua_chassis.direct_route import DirectRoute
from motcua_chassis.http import AtDesk, Citizen, Key, cause_of, idempotency, json_reply
from motcua_chassis.identifiers import derive
from motcua_chassis.inputs import Command
from motcua_chassis.message import Decider, Message
from motcua_chassis.service import Service, run
from motcua_chassis.settings import ChassisSettings
from motcua_contracts import ApplicationSubmitted, Dossier, Event, FeeBasis, Stream
from tests.load.stages import STAGES, Filing, Progress, Stage, evolve

router = APIRouter(route_class=DirectRoute)


@router.post("/applications", status_code=201)
async def file(filing: Filing, request: Request, desk: AtDesk, citizen: Citizen, key: Key) -> Response:
    """The same work as the usual door's: who, what, once per key, and an answer from the same transaction."""
    application = derive(datetime.now(UTC), urandom(10))
    dossier = Dossier(
        code=filing.code, applicant_id=citizen.subject, procedure=filing.procedure, agency=filing.agency,
        channel="online",
    )  # fmt: skip
    event = ApplicationSubmitted(dossier=dossier, fee_basis=FeeBasis(submitted_on=date(2026, 11, 22)))
    route = "POST /applications"
    named = idempotency(citizen, route, key, await request.body())
    reply = _reply(application)
    command = Command(application, event, cause_of(citizen, route, key), lambda _state, _events: reply, named)
    return json_reply((await desk.submit(command)).reply, 201)


def _reply(application: UUID) -> bytes:
    return f'{{"application_id":"{application}","status":"submitted"}}'.encode()


def service(stage: Stage) -> Service[Progress]:
    """The stage as a service of ours."""

    def decide(state: Progress, message: Message) -> list[Event]:
        if isinstance(message.body, ApplicationSubmitted) and stage.stream is Stream.INTAKE:
            return [message.body]
        return stage.decide(state, message.body, message.cause)

    decider = Decider(Progress(), decide, evolve, lambda _state: {})
    routers = [router] if stage.stream is Stream.INTAKE else []
    return Service(stage.stream, f"bench {stage.stream}", decider, reads=stage.reads, routers=routers)


if __name__ == "__main__":
    run(service(STAGES[sys.argv[1]]), ChassisSettings())
