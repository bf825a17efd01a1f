"""What a personal number says and where it contradicts its bearer."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua_intake.personal_number import PROVINCES, Doubt, Fault, Gender, PersonalNumber, doubts, faults, parse


def test_the_textbook_number_is_a_man_born_in_dong_thap_in_1984() -> None:
    assert parse("087084000999") == PersonalNumber("087", Gender.MALE, 1984)


@pytest.mark.parametrize(
    ("number", "gender", "year"),
    [
        ("001199000001", Gender.FEMALE, 1999),
        ("001200000001", Gender.MALE, 2000),
        ("001399000001", Gender.FEMALE, 2099),
        ("001400000001", Gender.MALE, 2100),
        ("001707000001", Gender.FEMALE, 2207),
        ("001999000001", Gender.FEMALE, 2399),
    ],
)
def test_the_fourth_digit_tells_century_and_gender(number: str, gender: Gender, year: int) -> None:
    assert parse(number) == PersonalNumber("001", gender, year)


@pytest.mark.parametrize(
    "number", ["", "12345678901", "0870840009990", "08708400099x", " 87084000999", "٠٨٧٠٨٤٠٠٠٩٩٩", "087084000999\n"]
)
def test_only_twelve_ascii_digits_are_a_number(number: str) -> None:
    assert parse(number) is None
    assert faults(number, date(1984, 5, 2)) == [Fault.NOT_TWELVE_DIGITS]
    assert doubts(number) == []


def test_every_contradiction_is_named_at_once() -> None:
    assert faults("087084000999", date(1984, 5, 2), Gender.MALE) == []
    assert faults("087084000999", date(1984, 5, 2)) == []
    assert faults("087084000999", date(1985, 5, 2)) == [Fault.BIRTH_YEAR_DIFFERS]
    assert faults("087084000999", date(2084, 5, 2)) == [Fault.BIRTH_YEAR_DIFFERS]
    both = [Fault.BIRTH_YEAR_DIFFERS, Fault.GENDER_DIFFERS]
    assert faults("087084000999", date(1985, 5, 2), Gender.FEMALE) == both


def test_an_unknown_birthplace_is_a_doubt_and_no_fault() -> None:
    said = parse("136084000999")
    assert said is not None
    assert not said.birthplace_known
    assert doubts("136084000999") == [Doubt.BIRTHPLACE_UNKNOWN]
    assert faults("136084000999", date(1984, 5, 2), Gender.MALE) == []
    assert doubts("087084000999") == []


def test_all_sixty_three_provinces_of_the_old_map_are_known() -> None:
    assert len(PROVINCES) == 63


@given(st.dates(date(1900, 1, 1), date(2399, 12, 31)), st.sampled_from(Gender), st.sampled_from(sorted(PROVINCES)))
def test_a_number_built_from_a_birth_has_no_fault(born: date, gender: Gender, place: str) -> None:
    digit = (born.year // 100 - 19) * 2 + (gender is Gender.FEMALE)
    number = f"{place}{digit}{born.year % 100:02d}123456"
    assert faults(number, born, gender) == []
    assert doubts(number) == []
