"""Money, times and findings as people read them."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import pytest
import yaml

from motcua_contracts import (
    Attributes,
    Closing,
    ExtensionGround,
    Language,
    Match,
    RefundReason,
    RefusalGround,
    ReviewReason,
    SupplementReason,
)
from motcua_notification.wording import WORDS, clock, moment, money, money_in_ascii, place, reasons, remark

VI, EN = Language.VIETNAMESE, Language.ENGLISH


@pytest.mark.parametrize(
    ("amount", "said"),
    [(0, "0 đ"), (999, "999 đ"), (1_000, "1.000 đ"), (1_234_567, "1.234.567 đ"), (10_000_000_000, "10.000.000.000 đ")],
)
def test_money_has_dots_between_thousands(amount: int, said: str) -> None:
    assert money(amount) == said


def test_a_moment_is_told_in_vietnam_time() -> None:
    assert moment(datetime(2026, 11, 22, 10, 0, tzinfo=UTC), VI) == "22/11/2026 lúc 17:00"
    assert moment(datetime(2026, 11, 22, 10, 0, tzinfo=UTC), EN) == "22/11/2026 at 17:00"


def test_a_late_evening_in_utc_is_the_next_day_in_vietnam() -> None:
    assert moment(datetime(2026, 12, 31, 17, 30, tzinfo=UTC), VI) == "01/01/2027 lúc 00:30"


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        moment(datetime(2026, 11, 22, 10, 0), VI)  # noqa: DTZ001


@pytest.mark.parametrize("language", Language)
def test_each_attribute_that_stood_in_the_way_has_its_sentence(language: Language) -> None:
    for match in (Match.MISMATCH, Match.NOT_FOUND):
        said = reasons(Attributes(personal_number=match, full_name=match, date_of_birth=match), language)
        assert len(set(said)) == 3


def test_what_matched_or_was_not_checked_is_no_reason() -> None:
    one = Attributes(personal_number=Match.MATCH, full_name=Match.MISMATCH, date_of_birth=Match.NOT_CHECKED)
    assert reasons(one, VI) == ["Họ và tên: không khớp với số định danh cá nhân đã khai."]


@pytest.mark.parametrize("match", [Match.MATCH, Match.NOT_CHECKED])
def test_a_rejection_is_never_without_a_reason(match: Match) -> None:
    found = Attributes(personal_number=match, full_name=match, date_of_birth=match)
    assert all(len(reasons(found, language)) == 1 for language in Language)


def test_the_short_forms_are_those_of_sms_and_zalo() -> None:
    assert clock(datetime(2026, 11, 22, 10, 0, tzinfo=UTC)) == "17:00 22/11/2026"
    assert money_in_ascii(1_234_567) == "1.234.567 VND"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("review", [ReviewReason]),
        ("ground", [RefusalGround]),
        ("extension", [ExtensionGround]),
        ("refund", [RefundReason, Closing]),
        ("supplement", [SupplementReason]),
    ],
)
def test_every_code_of_the_contracts_has_its_words(language: Language, kind: str, codes: list[type[StrEnum]]) -> None:
    assert set(WORDS[language][kind]) == {code.value for enum in codes for code in enum}
    assert all(WORDS[language][kind].values())


def test_both_languages_name_the_same_places() -> None:
    assert WORDS[VI].keys() == WORDS[EN].keys()
    assert WORDS[VI]["item"].keys() == WORDS[EN]["item"].keys()


@pytest.mark.parametrize("language", Language)
def test_every_place_an_officer_can_mark_today_has_a_name(language: Language) -> None:
    reference = Path(__file__).parents[2] / "intake/motcua_intake/reference/procedures.yaml"
    procedures = yaml.safe_load(reference.read_text(encoding="utf-8"))
    marked = {f"field.{entry['code']}" for each in procedures for entry in each.get("form") or []}
    marked |= {f"document.{entry['code']}" for each in procedures for entry in each.get("documents") or []}
    assert marked | {"contact.email", "contact.phone"} <= WORDS[language]["item"].keys()


def test_a_place_without_a_name_is_told_by_its_code() -> None:
    assert place("document.premises", VI) == "Giấy tờ về địa điểm kinh doanh"
    assert place("document.brand-new", VI) == "Giấy tờ brand-new"


def test_an_officer_s_words_come_in_one_line_and_their_absence_in_none() -> None:
    note = "01a12dbb-3252-7a02-8a9e-60d2d938cb0d"
    assert remark({note: " Chụp\n lại  trang 3 "}, VI, UUID(note)) == "Ý kiến của cán bộ: Chụp lại trang 3"
    assert remark({}, VI, UUID(note)) == remark({note: "x"}, VI, None) == ""
