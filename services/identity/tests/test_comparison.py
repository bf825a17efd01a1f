"""How an applicant compares with the registry's records, and when those do not go together."""

from datetime import date
from itertools import permutations

import pytest

from motcua_contracts import Attributes, Match, ReviewReason
from motcua_identity.comparison import compare
from motcua_identity.domain import EVERYTHING_MATCHES, RegistryAnswered
from motcua_identity.soap import Citizen, Record

CITIZEN = Citizen("079084000999", "Nguyễn Văn Hoà", date(1984, 5, 2))
HELD = Record("079084000999", "NGUYỄN VĂN HÒA", "19840502", "1984")
BA = HELD._replace(full_name="LÊ VĂN BA", birth_date="19900101", birth_year="1990")
STRANGER = BA._replace(personal_number="079084000998")
NO, UNKNOWN = Match.MISMATCH, Match.NOT_CHECKED


def attributes(
    full_name: Match = Match.MATCH, date_of_birth: Match = Match.MATCH, personal_number: Match = Match.MATCH
) -> Attributes:
    return Attributes(personal_number=personal_number, full_name=full_name, date_of_birth=date_of_birth)


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([HELD], EVERYTHING_MATCHES),
        ([HELD, HELD], EVERYTHING_MATCHES),
        ([HELD, HELD._replace(full_name="nguyễn văn  hoà")], EVERYTHING_MATCHES),
        ([HELD._replace(full_name="NGUYỄN VĂN HOA")], attributes(full_name=NO)),
        ([HELD._replace(full_name="")], attributes(full_name=UNKNOWN)),
        ([HELD._replace(birth_date="19840503")], attributes(date_of_birth=NO)),
        ([HELD._replace(birth_date="")], attributes(date_of_birth=UNKNOWN)),
        ([HELD._replace(birth_date="", birth_year="1985")], attributes(date_of_birth=NO)),
        ([HELD._replace(birth_date="", birth_year="")], attributes(date_of_birth=UNKNOWN)),
        ([BA], attributes(NO, NO)),
        ([], attributes(UNKNOWN, UNKNOWN, Match.NOT_FOUND)),
    ],
)
def test_each_attribute_is_compared_for_itself(records: list[Record], found: Attributes) -> None:
    assert compare(CITIZEN, records) == RegistryAnswered(found)


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([HELD, BA], attributes(UNKNOWN, UNKNOWN)),
        ([HELD, STRANGER], EVERYTHING_MATCHES),
        ([HELD, HELD._replace(personal_number="")], EVERYTHING_MATCHES),
        ([HELD, HELD, BA], attributes(UNKNOWN, UNKNOWN)),
        ([BA, BA._replace(full_name="TRẦN VĂN TƯ", birth_date="19910101")], attributes(NO, NO)),
    ],
)
def test_records_of_two_people_are_two_candidates_in_any_order(records: list[Record], found: Attributes) -> None:
    for order in permutations(records):
        assert compare(CITIZEN, order) == RegistryAnswered(found, ReviewReason.TWO_CANDIDATES)


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([HELD._replace(personal_number="079084000998")], attributes(UNKNOWN, UNKNOWN, NO)),
        ([HELD._replace(personal_number="")], attributes(UNKNOWN, UNKNOWN, NO)),
        ([STRANGER, STRANGER._replace(personal_number="1")], attributes(UNKNOWN, UNKNOWN, NO)),
        ([HELD, HELD._replace(full_name="LÊ VĂN BA")], attributes(full_name=UNKNOWN)),
        ([HELD, HELD._replace(birth_date="19840503")], attributes(date_of_birth=UNKNOWN)),
        ([HELD, HELD._replace(birth_date="")], attributes(date_of_birth=UNKNOWN)),
    ],
)
def test_an_answer_that_contradicts_us_or_itself_is_contradictory(records: list[Record], found: Attributes) -> None:
    for order in permutations(records):
        assert compare(CITIZEN, order) == RegistryAnswered(found, ReviewReason.CONTRADICTORY_ANSWER)
