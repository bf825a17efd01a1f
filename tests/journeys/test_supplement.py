"""Journey 5: an officer marks the very place, in words; the citizen supplies it; the time limit pauses, and says so."""

from datetime import datetime, timedelta

import pytest

from motcua_contracts import (
    ApplicationAccepted,
    ApplicationStopped,
    ApplicationSupplemented,
    AppointmentExtended,
    NotificationSent,
    RefundRequested,
    Status,
    StopReason,
    SupplementRequested,
)
from motcua_local.demo.checker import status_of
from motcua_local.demo.scripts import Journey
from tests.support.journey import Travelled


async def test_what_an_officer_marks_the_citizen_supplies_and_the_application_goes_on(mix: Travelled) -> None:
    for application, planned in mix.of(Journey.SUPPLEMENTED).items():
        [asked] = mix.events(application, SupplementRequested)
        [supplied] = mix.events(application, ApplicationSupplemented)
        assert tuple(item.item for item in asked.items) == planned.form.marks == supplied.items
        assert supplied.supplied_by == planned.subject
        assert status_of(mix.run.history.by_application[application]) is Status.RESULT_RETURNED


async def test_the_citizen_is_told_what_is_marked_in_the_officers_words(mix: Travelled) -> None:
    for application, planned in mix.of(Journey.SUPPLEMENTED).items():
        sent = [n for n in mix.events(application, NotificationSent) if n.topic == "supplement-requested"]
        assert len(sent) == 1
        if sent[0].medium == "email":
            words = {"vi": "Đề nghị bổ sung", "en": "Please supply"}[planned.submission["language"]]
            assert any(words in mail["text"] for mail in await mix.mails(application))


async def test_a_second_supplement_is_a_second_occasion_and_each_is_told_once(mix: Travelled) -> None:
    for application in mix.of(Journey.SUPPLEMENTED_TWICE):
        assert [asked.number for asked in mix.events(application, SupplementRequested)] == [1, 2]
        assert [supplied.number for supplied in mix.events(application, ApplicationSupplemented)] == [1, 2]
        told = [(n.topic.value, n.number) for n in mix.events(application, NotificationSent)]
        for occasion in (("supplement-requested", 1), ("supplement-requested", 2), ("supplement-received", 2)):
            assert told.count(occasion) == 1


async def test_the_deadline_pauses_meanwhile_and_explains_itself_day_by_day(mix: Travelled) -> None:
    for application in mix.of(Journey.SUPPLEMENTED_TWICE):
        [accepted] = mix.events(application, ApplicationAccepted)
        last = mix.events(application, ApplicationSupplemented)[-1]
        shown = await mix.get("intake", f"/applications/{mix.code(application)}/deadline", mix.citizen(application))
        assert datetime.fromisoformat(shown["due_at"]) == last.appointment >= accepted.appointment
        days = [datetime.fromisoformat(day["date"]).date() for day in shown["days"]]
        assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
        assert all(day["reason"] and day["words"]["vi"] and day["words"]["en"] for day in shown["days"])
        assert len(shown["pauses"]) == 2


@pytest.mark.timeout(240)
async def test_without_an_answer_in_time_the_application_stops_and_money_goes_back_as_the_rule_says(
    mix: Travelled,
) -> None:
    for application in mix.of(Journey.SUPPLEMENT_OVERDUE):
        [stopped] = mix.events(application, ApplicationStopped)
        [refund] = mix.events(application, RefundRequested)
        assert stopped.reason is StopReason.SUPPLEMENT_OVERDUE
        assert (refund.reason.value, refund.rule is not None, refund.act is not None) == ("stopped", True, True)
        assert mix.told(application, "stopped", "payment-refunded")


async def test_one_extension_comes_with_an_apology(mix: Travelled) -> None:
    for application in mix.of(Journey.EXTENDED):
        [extended] = mix.events(application, AppointmentExtended)
        assert extended.appointment > extended.previous
        assert mix.told(application, "appointment-extended")
        shown = await mix.get("intake", f"/applications/{mix.code(application)}/deadline", mix.citizen(application))
        assert datetime.fromisoformat(shown["due_at"]) == extended.appointment
