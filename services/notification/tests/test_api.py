"""Why was this person (not) told? And send it again. Over HTTP, from rows that the path itself wrote."""

from collections.abc import AsyncIterator
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from motcua_chassis.message import Exhausted
from motcua_chassis.principals import Role
from motcua_contracts import (
    Capacity,
    Failure,
    Filer,
    Language,
    Medium,
    NotificationFailed,
    NotificationRequested,
    Topic,
)
from motcua_notification import attempts, store
from motcua_notification.attempts import Result
from motcua_notification.domain import Accepted, ApplicantGone, NoAddress, NotReachable, OptedOut, Refused
from motcua_notification.explanations import explain
from motcua_notification.rules import RULES
from motcua_notification.store import NoticeRow
from services.notification.tests.cases import APPLICATION, DOSSIER, NOW, OFFICER, event_about
from services.notification.tests.post_office import PostOffice, open_post_office

REFERENCE = "<0d9b6f0a-46a5-4a33-a1c1-64fd11d41c93@motcua.vn>"
DECIDED, SUPPLEMENT = Topic.DECIDED, Topic.SUPPLEMENT_REQUESTED
EMAIL, SMS, ZNS = Medium.EMAIL, Medium.SMS, Medium.ZNS


@pytest_asyncio.fixture
async def office(pool: asyncpg.Pool) -> AsyncIterator[PostOffice]:
    async with open_post_office(pool) as office:
        yield office


def by_email(topic: Topic) -> Accepted:
    return Accepted(topic, 1, EMAIL, REFERENCE)


async def test_each_topic_is_told_from_its_event_to_its_outcome(office: PostOffice) -> None:
    await office.hear(*map(event_about, (Topic.SUBMITTED, Topic.PAYMENT_REQUESTED, Topic.ACCEPTED)))
    await office.answer(
        {
            "email:submitted:1": by_email(Topic.SUBMITTED),
            "email:payment-requested:1": NoAddress(Topic.PAYMENT_REQUESTED, 1, EMAIL),
            "email:accepted:1": by_email(DECIDED),  # not about what was asked: changes nothing
        }
    )
    told = await office.told()
    assert set(told) == {(topic.value, 1) for topic in Topic}
    assert {topic: view["state"] for (topic, _), view in told.items() if view["state"] != "nothing-to-tell"} == {
        "submitted": "sent",
        "payment-requested": "failed",
        "accepted": "waiting",
    }
    assert told["submitted", 1]["messages"][0]["reference"] == REFERENCE
    failed = told["payment-requested", 1]
    assert (failed["reason"], failed["template"]) == ("no-address", "payment-requested.v1")
    assert (failed["event"], failed["rule"]["id"]) == ("vn.motcua.payment.requested.v1", "payment.requested")
    assert failed["because"] in failed["explanation_vi"]
    assert "payment.requested (in force from 01/01/2026)" in failed["explanation_en"]
    assert "không cung cấp địa chỉ" in failed["explanation_vi"]
    assert "has not happened" in told["decided", 1]["explanation_en"]
    assert told["decided", 1]["rule"] == {
        "id": "intake.application-decided/2",
        "effective_from": "2026-11-22",
        "mediums": ["email", "sms", "zns"],
        "required_by": "03/2025/TT-VPCP, Mẫu số 03",
    }


async def test_a_fall_back_is_shown_as_a_chain_with_every_call(office: PostOffice) -> None:
    await office.hear(event_about(DECIDED, (ZNS, SMS, EMAIL)))
    await attempts.noted(office.pool, APPLICATION, DECIDED, 1, ZNS, Result.NOT_REACHABLE)
    await office.answer({"zns:decided:1": NotReachable(DECIDED, 1, ZNS)})
    first = await attempts.started(office.pool, APPLICATION, DECIDED, 1, SMS, "sms-one")
    await attempts.ended(office.pool, first, Result.UNAVAILABLE)
    second = await attempts.started(office.pool, APPLICATION, DECIDED, 1, SMS, "sms-two")
    await attempts.ended(office.pool, second, Result.ACCEPTED)
    await office.answer({"sms:decided:1": Accepted(DECIDED, 1, SMS, "a1f0c6de", "sms-two")})

    view = (await office.told())["decided", 1]
    assert (view["state"], view["template"], view["may_be_resent"]) == ("sent", "decided.v2", False)
    zns, sms = view["messages"]
    assert (zns["medium"], zns["state"], zns["reason"]) == ("zns", "failed", "not-reachable")
    assert (sms["medium"], sms["instead_of"], sms["provider"]) == ("sms", "zns", "sms-two")
    assert [call["result"] for call in zns["attempts"]] == ["not-reachable"]
    assert [(call["provider"], call["result"]) for call in sms["attempts"]] == [
        ("sms-one", "unavailable"),
        ("sms-two", "accepted"),
    ]
    assert all(call["at"] <= call["ended_at"] for call in sms["attempts"])
    assert sms["explanation_en"].startswith("SMS (instead of Zalo message): the provider sms-two took it over on ")
    assert sms["explanation_vi"].startswith("Tin nhắn SMS (thay cho tin Zalo): nhà cung cấp sms-two đã nhận, ")
    assert view["explanation_vi"].endswith(sms["explanation_vi"])


async def test_each_occasion_of_a_topic_is_shown_on_its_own(office: PostOffice) -> None:
    await office.hear(event_about(SUPPLEMENT))
    await office.answer({"email:supplement-requested:1": by_email(SUPPLEMENT)})
    await office.hear(event_about(SUPPLEMENT, number=2))
    told = await office.told()
    assert told["supplement-requested", 1]["state"] == "sent"
    assert told["supplement-requested", 2]["state"] == "waiting"


async def test_a_medium_that_is_not_offered_here_is_said_so(office: PostOffice) -> None:
    await office.hear(event_about(DECIDED, (SMS,)))
    await attempts.noted(office.pool, APPLICATION, DECIDED, 1, SMS, Result.NOT_OFFERED)
    await office.answer({"sms:decided:1": Exhausted("sms:decided:1", "sms", uncertain=False)})
    sms, email = (await office.told())["decided", 1]["messages"]
    assert (sms["reason"], email["state"]) == ("provider-unavailable", "waiting")
    assert "not offered by this installation" in sms["explanation_en"]


async def test_an_officer_has_a_lost_message_sent_again_once_for_each_order(office: PostOffice) -> None:
    await office.hear(event_about(DECIDED))
    await office.answer({"email:decided:1": Exhausted("email:decided:1", "email", uncertain=True)})
    view = (await office.told())["decided", 1]
    assert (view["reason"], view["may_be_resent"]) == ("outcome-unknown", True)

    ordered = await office.resend("decided", subject=OFFICER)
    assert (ordered.status_code, ordered.json()) == (
        202,
        {"topic": "decided", "number": 1, "attempt": 2, "medium": "email"},
    )
    again = await office.resend("decided", subject=OFFICER)
    assert (again.status_code, again.json()) == (202, ordered.json())
    assert (await office.resend("decided", key="order-2.", subject=OFFICER)).json()["code"] == "notice-waiting"
    await office.answer({"email:decided:1": by_email(DECIDED)})
    repeated = await office.resend("decided", subject=OFFICER)
    assert (repeated.status_code, repeated.json()) == (202, ordered.json())
    refused = await office.resend("decided", key="order-3.")
    assert (refused.status_code, refused.json()["code"]) == (409, "notice-sent")

    requests = [event for event in await office.events() if isinstance(event, NotificationRequested)]
    assert [(request.attempt, request.requested_by) for request in requests] == [(1, None), (2, OFFICER)]
    view = (await office.told())["decided", 1]
    lost, sent = view["messages"]
    assert (lost["state"], lost["attempt"], sent["state"], sent["attempt"]) == ("failed", 1, "sent", 2)
    assert "ordered again by an officer, attempt 2" in view["explanation_en"]
    assert "cán bộ yêu cầu gửi lại, lần 2" in view["explanation_vi"]


async def test_only_an_officer_of_the_agency_orders_and_only_what_there_is(office: PostOffice) -> None:
    assert (await office.resend("decided")).json()["code"] == "notifications-not-found"
    await office.hear(event_about(DECIDED))
    assert (await office.resend("decided")).json()["code"] == "notice-waiting"
    await office.answer({"email:decided:1": ApplicantGone(DECIDED, 1, EMAIL)})
    assert (await office.resend("decided")).json()["code"] == "applicant-erased"
    assert (await office.told())["decided", 1]["may_be_resent"] is False
    assert (await office.resend("accepted")).json()["code"] == "notice-not-found"
    assert (await office.resend("decided", 2)).status_code == 404
    assert (await office.resend("decided", agency="H01.1")).status_code == 404
    assert (await office.resend("decided", role=Role.CITIZEN, subject=DOSSIER.applicant_id)).status_code == 403
    assert [type(event) for event in await office.events()] == [NotificationRequested, NotificationFailed]


@pytest.mark.parametrize(
    ("topic", "number", "key"),
    [
        ("gossip", 1, "order-1."),
        ("decided", 0, "order-1."),
        ("decided", 10**30, "order-1."),
        ("decided", "x", "order-1."),
        ("decided", 1, None),
        ("decided", 1, "k" * 201),
        ("decided", 1, "an order"),
    ],
)
async def test_a_malformed_order_is_named(office: PostOffice, topic: str, number: Any, key: str | None) -> None:
    refused = await office.resend(topic, number, key)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")


async def test_a_repeated_event_adds_no_row(office: PostOffice) -> None:
    for _ in range(2):
        await office.hear(event_about(Topic.SUBMITTED))
    [row] = await store.notices_of(office.pool, APPLICATION)
    assert (row.topic, row.outcome) == ("submitted", None)
    assert await office.pool.fetchval("SELECT count(*) FROM work") == 1


async def test_only_the_applicant_and_the_agency_in_charge_may_look(office: PostOffice) -> None:
    await office.hear(event_about(Topic.SUBMITTED))
    officer = {"role": Role.OFFICER, "subject": uuid4()}
    assert (await office.ask()).status_code == 200
    for agency, status in ((DOSSIER.agency, 200), (DOSSIER.agency.partition(".")[0], 200), ("H01.1", 404)):
        assert (await office.ask(**officer, agency=agency)).status_code == status
    assert (await office.ask(subject=uuid4())).status_code == 404
    assert (await office.client.get(f"/applications/{APPLICATION}/notifications")).status_code == 401


async def test_who_filed_for_somebody_else_may_look_too(office: PostOffice) -> None:
    filer = Filer(id=uuid4(), capacity=Capacity.REPRESENTATIVE)
    dossier = DOSSIER.model_copy(update={"filed_by": filer})
    await office.hear(event_about(Topic.SUBMITTED, dossier=dossier))
    assert [(await office.ask(subject=who)).status_code for who in (filer.id, uuid4())] == [200, 404]


async def test_an_application_nobody_was_told_about_is_not_found(office: PostOffice) -> None:
    response = await office.ask()
    assert (response.status_code, response.json()["code"]) == (404, "notifications-not-found")


async def test_every_failure_is_told_with_its_reason(office: PostOffice) -> None:
    answers = {
        Topic.SUBMITTED: Refused(Topic.SUBMITTED, 1, EMAIL),
        Topic.WITHDRAWN: OptedOut(Topic.WITHDRAWN, 1, EMAIL),
        Topic.STOPPED: Exhausted("email:stopped:1", "email", uncertain=False),
    }
    await office.hear(*map(event_about, answers))
    await office.answer({f"email:{topic.value}:1": answer for topic, answer in answers.items()})
    told = await office.told()
    assert [told[topic.value, 1]["reason"] for topic in answers] == [
        "refused-by-provider",
        "opted-out",
        "provider-unavailable",
    ]


def row(medium: Medium, reason: Failure | None, rule: str | None, ordered_by: UUID | None = None) -> NoticeRow:
    return NoticeRow(
        application_id=APPLICATION,
        topic="decided",
        number=1,
        attempt=1,
        medium=medium.value,
        template="decided.v1",
        rule=rule,
        language="vi",
        because=uuid4(),
        instead_of=None,
        requested_by=ordered_by,
        requested_at=NOW,
        ended_at=NOW,
        outcome="failed" if reason else "sent",
        reason=reason,
        reference=None,
        provider=None,
        agency=DOSSIER.agency,
        applicant_id=DOSSIER.applicant_id,
        filed_by=None,
        dossier_code="",
    )


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("reason", [*Failure, None])
def test_every_outcome_of_every_medium_is_explained(language: Language, reason: Failure | None) -> None:
    for medium, id_, ordered_by in product(Medium, ("intake.application-decided", None), (OFFICER, None)):
        chain = [row(medium, reason, id_, ordered_by)]
        said = explain(RULES.named(id_), chain, language, unoffered=frozenset())
        assert "decided.v1" in said
        assert "22/11/2026" in said
        assert "{" not in said
