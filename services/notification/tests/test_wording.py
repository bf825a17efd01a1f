"""Money, times and findings as people read them."""

from datetime import UTC, datetime

import pytest

from motcua_contracts import Attributes, Language, Match
from motcua_notification.wording import moment, money, reasons

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
