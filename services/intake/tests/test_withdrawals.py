"""A citizen takes an application back until it is decided; then they are told why not. An agency declines before."""

from typing import Any
from uuid import uuid4

import pytest

from motcua_chassis.message import Refusal
from motcua_contracts import ApplicationDeclined, ApplicationWithdrawn, RefusalGround, Status
from services.intake.tests.office import Office
from services.intake.tests.story import (
    ACCEPT,
    ASK,
    CITIZEN,
    DECLINE,
    EMPTY,
    EXPIRED,
    GRANT,
    IN_REVIEW,
    REJECTED,
    REQUESTED,
    RETURN,
    SETTLED,
    START,
    SUBMIT,
    VERIFIED,
    WITHDRAW,
    decide,
    tell,
)


@pytest.mark.parametrize(
    "story",
    [
        [SUBMIT],
        [SUBMIT, IN_REVIEW],
        [SUBMIT, VERIFIED],
        [SUBMIT, VERIFIED, REQUESTED],
        [SUBMIT, VERIFIED, SETTLED],
        [SUBMIT, VERIFIED, SETTLED, ASK],
        [SUBMIT, VERIFIED, SETTLED, ACCEPT],
        [SUBMIT, VERIFIED, SETTLED, ACCEPT, START],
    ],
)
def test_until_it_is_decided_an_application_can_be_withdrawn(story: list[Any]) -> None:
    state = tell(EMPTY, story)
    [withdrawn] = decide(state, WITHDRAW)  # type: ignore[misc]
    assert isinstance(withdrawn, ApplicationWithdrawn)
    assert (withdrawn.previous, withdrawn.withdrawn_by) == (state.status, CITIZEN)
    closed = tell(state, [WITHDRAW])
    assert closed.status is Status.WITHDRAWN
    for news in (VERIFIED, REQUESTED, SETTLED, EXPIRED):
        assert decide(closed, news) == []


@pytest.mark.parametrize(
    "story",
    [
        [SUBMIT, REJECTED],
        [SUBMIT, VERIFIED, REQUESTED, EXPIRED],
        [SUBMIT, VERIFIED, SETTLED, DECLINE],
        [SUBMIT, VERIFIED, SETTLED, ACCEPT, GRANT],
        [SUBMIT, VERIFIED, SETTLED, ACCEPT, GRANT, RETURN],
        [SUBMIT, WITHDRAW],
    ],
)
def test_afterwards_it_is_too_late_and_the_refusal_says_why(story: list[Any]) -> None:
    state = tell(EMPTY, story)
    refusal = decide(state, WITHDRAW)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.status, refusal.params["status"]) == ("too-late-to-withdraw", 409, state.status)


def test_an_agency_that_does_not_take_it_in_names_its_ground() -> None:
    [declined] = decide(tell(EMPTY, [SUBMIT, VERIFIED, SETTLED]), DECLINE)  # type: ignore[misc]
    assert isinstance(declined, ApplicationDeclined)
    assert declined.ground is RefusalGround.NOT_COMPETENT


async def test_a_citizen_withdraws_once_and_the_repetition_is_answered_alike(office: Office) -> None:
    code = (await office.submit())["dossier_code"]
    who = office.as_citizen(key="withdraw-1")
    first, again = await office.answer(code, "withdraw", who=who), await office.answer(code, "withdraw", who=who)
    assert first.status_code == 200, first.text
    assert first.content == again.content
    assert (first.json()["status"], first.json()["portal_status"]["number"]) == ("withdrawn", 7)
    without = await office.answer(code, "withdraw")
    assert (without.status_code, without.json()["code"]) == (409, "too-late-to-withdraw")


async def test_a_withdrawal_needs_no_body(office: Office) -> None:
    code = (await office.submit())["dossier_code"]
    answer = await office.client.post(f"/applications/{code}/withdraw", headers=office.as_citizen())
    assert answer.status_code == 200, answer.text


async def test_after_the_decision_a_withdrawal_is_refused_with_the_reason(office: Office) -> None:
    receipt = await office.submit()
    code = receipt["dossier_code"]
    await office.hear_all(receipt["application_id"], VERIFIED, SETTLED)
    await office.act(code, "accept")
    await office.act(code, "decide", {"outcome": "granted"})
    answer = await office.answer(code, "withdraw")
    assert answer.status_code == 409
    assert answer.json()["detail_vi"] == "Hồ sơ đã xử lý xong; không rút được nữa."
    assert answer.json()["detail_en"] == "The application is decided; it can no longer be withdrawn."


async def test_nobody_else_withdraws_or_supplements(office: Office) -> None:
    code = (await office.submit())["dossier_code"]
    for who in (office.as_citizen(uuid4()), office.as_officer()):
        for step in ("withdraw", "supplement"):
            assert (await office.answer(code, step, who=who)).status_code == 404
