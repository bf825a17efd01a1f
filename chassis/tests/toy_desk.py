"""The toy's routes, health as a test wants it, and the tokens to get in."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import asyncpg
import httpx
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.tests.toy import Settle
from chassis.tests.toy_path import show
from motcua_chassis.direct_route import DirectRoute
from motcua_chassis.http import Anyone, AtDesk, Citizen, Key, Officer, idempotency, json_reply
from motcua_chassis.inputs import Command
from motcua_chassis.message import Refusal
from motcua_chassis.principals import Role, mint
from motcua_chassis.problems import documented, refused

SECRET = "a secret of at least thirty-two bytes"
NAME = "NGUYỄN VĂN AN"
SUBJECT = UUID(int=77)
SENTENCES = {"not-now": ("Chưa được, {when}.", "Not now, {when}.")}
router = APIRouter(route_class=DirectRoute)


class Applicant(BaseModel):
    model_config = ConfigDict(extra="forbid")
    full_name: Annotated[str, Field(min_length=2)]
    born: datetime


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    applicant: Applicant
    channel: Literal["online", "post"] = "online"
    pages: Annotated[int, Field(ge=1)] = 1


@router.post("/things", responses=documented(409))
async def make_thing(request: Request, desk: AtDesk, citizen: Citizen, thing: Thing, named: Key) -> Response:
    key = idempotency(citizen, "POST /things", named, await request.body())
    settle = Settle("BL26H29" if thing.pages < 1000 else "not a series", refuse=thing.channel == "post")
    outcome = await desk.submit(Command(UUID(int=thing.pages), settle, uuid4(), show, key))
    return json_reply(outcome.reply, 201)


@router.get("/refusals/{code}")
async def refuse(code: str, _: Anyone) -> None:
    raise refused(Refusal(code, {"when": "22/11/2026"}, status=410))


@router.get("/defect")
async def fail(_: Anyone) -> None:
    raise ValueError(NAME)


@router.get("/database-away")
async def fail_for_now(_: Anyone) -> None:
    raise asyncpg.CannotConnectNowError(NAME)


@router.get("/desk-of/{agency}")
async def officers_only(officer: Officer, agency: str) -> dict[str, bool]:
    return {"serves": officer.serves(agency)}


class Pulse:
    """Health as a test wants it."""

    faults: tuple[str, ...] = ()

    def not_live(self) -> list[str]:
        return list(self.faults)

    not_ready = not_live


def as_(role: Role, agency: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {mint(SECRET, role, SUBJECT, agency)}"}


CITIZEN = as_(Role.CITIZEN)
OPERATOR = as_(Role.OPERATOR)


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of a response, checked for what every problem has."""
    found: dict[str, Any] = response.json()
    assert response.status_code == status, found
    assert response.headers["content-type"] == "application/problem+json"
    assert (found["status"], found["code"], found["type"]) == (status, code, f"urn:motcua:problem:{code}")
    assert found["title"]
    assert found["detail_vi"] != found["detail_en"]
    assert NAME not in response.text
    return found
