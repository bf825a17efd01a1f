"""The structure of the 12-digit personal number, and where it contradicts what the applicant says.

Three digits of birthplace, one of century and gender, two of the birth year, six random ones; no check digit (Decree
137/2015/NĐ-CP, article 13). A birthplace we do not know, such as a foreign country, is a warning, never a fault.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_DIGITS = re.compile(r"[0-9]{12}")

PROVINCES = frozenset(
    "001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 "
    "037 038 040 042 044 045 046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 "
    "077 079 080 082 083 084 086 087 089 091 092 093 094 095 096".split()
)
"""Birthplaces inside the country: the provinces before the mergers of 2025, whose codes numbers keep for life."""


class Gender(StrEnum):
    """As the population registry records it."""

    MALE = "male"
    FEMALE = "female"


class Fault(StrEnum):
    """Why a number cannot be this applicant's."""

    NOT_TWELVE_DIGITS = "personal-number-not-twelve-digits"
    BIRTH_YEAR_DIFFERS = "personal-number-birth-year-differs"
    GENDER_DIFFERS = "personal-number-gender-differs"


class Doubt(StrEnum):
    """What an officer may want to look at; a warning, never a reason to refuse."""

    BIRTHPLACE_UNKNOWN = "personal-number-birthplace-unknown"


@dataclass(frozen=True, slots=True)
class PersonalNumber:
    """What a number says about its bearer."""

    birthplace: str
    gender: Gender
    birth_year: int

    @property
    def birthplace_known(self) -> bool:
        """False for the foreign-born."""
        return self.birthplace in PROVINCES


def parse(number: str) -> PersonalNumber | None:
    """What a number says, or None where it is not twelve ASCII digits."""
    if _DIGITS.fullmatch(number) is None:
        return None
    century_and_gender = int(number[3])
    return PersonalNumber(
        birthplace=number[:3],
        gender=Gender.FEMALE if century_and_gender % 2 else Gender.MALE,
        birth_year=1900 + 100 * (century_and_gender // 2) + int(number[4:6]),
    )


def faults(number: str, date_of_birth: date, gender: Gender | None = None) -> list[Fault]:
    """Every contradiction at once; empty where the number may be this person's. Gender is compared if given."""
    said = parse(number)
    if said is None:
        return [Fault.NOT_TWELVE_DIGITS]
    found = []
    if said.birth_year != date_of_birth.year:
        found.append(Fault.BIRTH_YEAR_DIFFERS)
    if gender is not None and said.gender is not gender:
        found.append(Fault.GENDER_DIFFERS)
    return found


def doubts(number: str) -> list[Doubt]:
    """What is unusual about a well-formed number."""
    said = parse(number)
    return [Doubt.BIRTHPLACE_UNKNOWN] if said is not None and not said.birthplace_known else []
