"""The citizens of the demo: repeatable, distinct, and such that intake finds no fault with them."""

import re
import unicodedata
from datetime import date

from motcua_intake import personal_number
from motcua_local.citizens import Gender, synthesise

CITIZENS = synthesise(seed=7, count=3000)


def test_a_seed_gives_the_same_citizens_however_many_are_asked_for() -> None:
    assert synthesise(7, 50) == CITIZENS[:50]
    assert synthesise(8, 50) != CITIZENS[:50]
    assert synthesise(7, 0) == []


def test_no_two_citizens_share_a_number_an_address_or_a_telephone() -> None:
    for attribute in ("personal_number", "email", "phone"):
        assert len({getattr(citizen, attribute) for citizen in CITIZENS}) == len(CITIZENS)


def test_every_number_agrees_with_birth_and_gender() -> None:
    for citizen in CITIZENS:
        gender = personal_number.Gender(citizen.gender.value)
        assert personal_number.faults(citizen.personal_number, citizen.date_of_birth, gender) == []
        assert personal_number.doubts(citizen.personal_number) == []


def test_the_textbook_case_of_a_woman_born_in_this_century_starts_with_three() -> None:
    born = [c for c in CITIZENS if c.gender is Gender.FEMALE and c.date_of_birth.year == 2001]
    assert born
    assert {citizen.personal_number[3:6] for citizen in born} == {"301"}


def test_names_are_vietnamese_with_composed_letters_and_in_capitals() -> None:
    letters = set("".join(citizen.full_name for citizen in CITIZENS))
    assert set("ĐƯỜẾẢỊ") & letters
    for citizen in CITIZENS:
        assert citizen.full_name == unicodedata.normalize("NFC", citizen.full_name).upper()
        assert len(citizen.full_name.split()) == 3


def test_addresses_are_plain_and_lead_nowhere() -> None:
    for citizen in CITIZENS:
        assert re.fullmatch(r"[a-z]+(\.[a-z]+){2}\.[0-9]+@example\.vn", citizen.email)
        assert re.fullmatch(r"\+8490[0-9]{7}", citizen.phone)


def test_all_are_adults_of_both_genders_from_many_provinces() -> None:
    assert all(date(1946, 1, 1) <= citizen.date_of_birth <= date(2007, 12, 31) for citizen in CITIZENS)
    women = sum(citizen.gender is Gender.FEMALE for citizen in CITIZENS)
    assert 0.4 < women / len(CITIZENS) < 0.6
    assert len({citizen.personal_number[:3] for citizen in CITIZENS}) == 63
