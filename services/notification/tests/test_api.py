"""Why was this person (not) told? Over HTTP, from rows that the path itself wrote."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from motcua_chassis import problems, work
from motcua_chassis.batch import BatchWriter
from motcua_chassis.codec import Incoming, StoredRecord
from motcua_chassis.http import Desk
from motcua_chassis.identifiers import derive, name_id
from motcua_chassis.inputs import Answer, Delivery
from motcua_chassis.principals import Role, mint
from motcua_contracts import Envelope, Event, Failure, Language, Stream, Topic
from motcua_notification import api, store
from motcua_notification.domain import DECIDER, MailAccepted, NoAddress, Notices
from motcua_notification.explanations import explain
from motcua_notification.rules import RULE_ABOUT, RULES
from motcua_notification.store import NoticeRow
from services.notification.tests.cases import APPLICATION, NOW, event_about
from services.notification.tests.conftest import SECRET

REFERENCE = "<0d9b6f0a-46a5-4a33-a1c1-64fd11d41c93@motcua.vn>"
SUBMITTED, REQUESTED = event_about(Topic.SUBMITTED), event_about(Topic.PAYMENT_REQUESTED)
APPLICANT: UUID = SUBMITTED.dossier.applicant_id  # type: ignore[attr-defined]
AGENCY: str = SUBMITTED.dossier.agency  # type: ignore[attr-defined]


def delivery(event: Event) -> Delivery:
    id_ = derive(NOW, event.type.encode())
    envelope = Envelope(id_, event.stream.source, event.type, NOW, APPLICATION, id_, id_, 1)
    return Delivery(StoredRecord(event.stream.topic, 0, 0, b"", b"", ()), Incoming(envelope, event))


class Notification:
    """The path of this service over a real database, one batch at a time."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self._writer: BatchWriter[Notices] = BatchWriter(Stream.NOTIFICATION, DECIDER, project=store.project)

    async def hear(self, *events: Event) -> None:
        await self._apply([delivery(event) for event in events])

    async def answer(self, answers: dict[str, Any]) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            claims = await work.claim(connection, ["email"], 10, timedelta(seconds=30))
        assert {claim.key for claim in claims} == set(answers)
        await self._apply([Answer(c.application, c.key, c.lease, answers[c.key], name_id(c.key)) for c in claims])

    async def _apply(self, inputs: list[Any]) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            await self._writer.apply(connection, inputs, "", carefully=False)
        assert [item.outcome.fault for item in inputs] == [None] * len(inputs)


@pytest.fixture
def notification(pool: asyncpg.Pool) -> Notification:
    return Notification(pool)


@pytest.fixture
async def client(pool: asyncpg.Pool) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.desk = Desk(None, pool, SECRET)  # type: ignore[arg-type]  # this service takes no commands
    problems.install(app, api.SENTENCES)
    app.include_router(api.router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notification") as client:
        yield client


async def ask(
    client: httpx.AsyncClient, role: Role = Role.CITIZEN, subject: UUID = APPLICANT, agency: str | None = None
) -> httpx.Response:
    token = mint(SECRET, role, subject, agency)
    path = f"/applications/{APPLICATION}/notifications"
    return await client.get(path, headers={"Authorization": f"Bearer {token}"})


async def test_each_topic_is_told_from_its_event_to_its_outcome(
    notification: Notification, client: httpx.AsyncClient
) -> None:
    await notification.hear(SUBMITTED, REQUESTED, event_about(Topic.ACCEPTED))
    await notification.answer(
        {
            "email:submitted": MailAccepted(Topic.SUBMITTED, REFERENCE),
            "email:payment-requested": NoAddress(Topic.PAYMENT_REQUESTED),
            "email:accepted": MailAccepted(Topic.DECIDED, REFERENCE),  # not about what was asked: changes nothing
        }
    )
    body = (await ask(client)).json()
    told = {view["topic"]: view for view in body["notifications"]}
    assert list(told) == [rule.topic for rule in RULES]
    assert {topic: view["state"] for topic, view in told.items() if view["state"] != "nothing-to-tell"} == {
        "submitted": "sent",
        "payment-requested": "failed",
        "accepted": "waiting",
    }
    assert told["submitted"]["reference"] == REFERENCE
    failed = told["payment-requested"]
    assert (failed["reason"], failed["template"]) == ("no-address", "payment-requested.v1")
    assert failed["event"] == "vn.motcua.payment.requested.v1"
    assert failed["because"] in failed["explanation_vi"]
    assert "payment.requested/email" in failed["explanation_en"]
    assert "không cung cấp địa chỉ" in failed["explanation_vi"]
    assert "has not happened" in told["decided"]["explanation_en"]


async def test_a_repeated_event_adds_no_row(notification: Notification) -> None:
    for _ in range(2):
        await notification.hear(SUBMITTED)
    [row] = await store.notices_of(notification.pool, APPLICATION)
    assert (row.topic, row.outcome) == ("submitted", None)
    async with notification.pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM work") == 1


async def test_only_the_applicant_and_the_agency_in_charge_may_look(
    notification: Notification, client: httpx.AsyncClient
) -> None:
    await notification.hear(SUBMITTED)
    province = AGENCY.partition(".")[0]
    assert (await ask(client)).status_code == 200
    assert (await ask(client, Role.OFFICER, uuid4(), AGENCY)).status_code == 200
    assert (await ask(client, Role.OFFICER, uuid4(), province)).status_code == 200
    assert (await ask(client, Role.CITIZEN, uuid4())).status_code == 404
    assert (await ask(client, Role.OFFICER, uuid4(), "H01.1")).status_code == 404
    assert (await client.get(f"/applications/{APPLICATION}/notifications")).status_code == 401


async def test_an_application_nobody_was_told_about_is_not_found(client: httpx.AsyncClient) -> None:
    response = await ask(client)
    assert response.status_code == 404
    assert response.json()["code"] == "notifications-not-found"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("reason", [*Failure, None])
def test_every_outcome_is_explained(language: Language, reason: Failure | None) -> None:
    outcome = "failed" if reason else "sent"
    row = NoticeRow(
        APPLICATION,
        "decided",
        "email",
        "decided.v1",
        "vi",
        uuid4(),
        NOW,
        NOW,
        outcome,
        reason,
        None,
        AGENCY,
        uuid4(),
        "",
    )
    said = explain(RULE_ABOUT[Topic.DECIDED], row, language)
    assert "decided.v1" in said
    assert "22/11/2026" in said
    assert "{" not in said
