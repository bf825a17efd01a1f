"""Everything intake says has its words in both languages."""

from datetime import UTC, datetime

from motcua_contracts import (
    CATALOGUE,
    ExtensionGround,
    Outcome,
    RefusalGround,
    Status,
    StopReason,
    Stream,
    SupplementReason,
)
from motcua_intake import wording

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)


def test_every_status_outcome_ground_reason_and_event_has_its_words() -> None:
    assert set(wording.STATUS) == set(Status)
    assert set(wording.OUTCOME) == set(Outcome)
    assert set(wording.GROUND) == {*RefusalGround, *ExtensionGround, *StopReason}
    assert set(wording.SUPPLEMENT_REASON) == set(SupplementReason)
    assert set(wording.EVENT) == {event.name for event in CATALOGUE.values() if event.stream is Stream.INTAKE}


def test_a_supplement_says_until_when_it_is_awaited() -> None:
    said = wording.standing(Status.SUPPLEMENT_REQUESTED, None, None, NOON)
    assert said.vi.endswith("thời hạn giải quyết tạm dừng; đề nghị bổ sung trước 12:00 ngày 23/11/2026.")
    assert said.en.endswith("please supply it before 12:00 on 23/11/2026.")


def test_an_overdue_application_does_not_look_paused() -> None:
    said = wording.standing(Status.SUPPLEMENT_REQUESTED, NOON, None, NOON)
    assert "đã quá hạn" in said.vi
    assert "overdue" in said.en
    assert "tạm dừng" not in said.vi
    assert "stands still" not in said.en


def test_an_appointment_is_mentioned_only_while_it_is_awaited() -> None:
    assert "23/11/2026" in wording.standing(Status.IN_PROCESS, NOON, None).en
    for status in (Status.WITHDRAWN, Status.STOPPED, Status.DECLINED):
        assert "23/11/2026" not in wording.standing(status, NOON, None).en
