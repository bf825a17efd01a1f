"""Compares what an applicant says with what the registry holds, and tells when its records do not go together.

Pure. Only records that speak of the asked number, with one voice, can verify or reject anybody.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import combinations

from motcua_contracts import Attributes, Match, ReviewReason
from motcua_identity.domain import RegistryAnswered
from motcua_identity.names import same_name
from motcua_identity.soap import Citizen, Record


def compare(citizen: Citizen, records: Sequence[Record]) -> RegistryAnswered:
    """Attribute by attribute, and the doubt if there is one.

    - `two-candidates`: records of different people, the asked number's among them.
    - `contradictory-answer`: none is about the asked number, or one person's records differ.
    """
    if not records:
        return RegistryAnswered(_attributes(Match.NOT_FOUND))
    ours = [record for record in records if record.personal_number == citizen.personal_number]
    if not ours:
        return RegistryAnswered(_attributes(Match.MISMATCH), ReviewReason.CONTRADICTORY_ANSWER)
    name = _agreed(_name(citizen.full_name, record.full_name) for record in ours)
    birth = _agreed(_birth(citizen.date_of_birth, record) for record in ours)
    return RegistryAnswered(_attributes(Match.MATCH, name, birth), _doubt(records))


def _attributes(
    number: Match, full_name: Match = Match.NOT_CHECKED, date_of_birth: Match = Match.NOT_CHECKED
) -> Attributes:
    return Attributes(personal_number=number, full_name=full_name, date_of_birth=date_of_birth)


def _agreed(found: Iterable[Match]) -> Match:
    one = set(found)
    return one.pop() if len(one) == 1 else Match.NOT_CHECKED


def _doubt(records: Sequence[Record]) -> ReviewReason | None:
    pairs = list(combinations(records, 2))
    if any(_two_people(one, other) for one, other in pairs):
        return ReviewReason.TWO_CANDIDATES
    if any(not _alike(one, other) for one, other in pairs):
        return ReviewReason.CONTRADICTORY_ANSWER
    return None


def _two_people(one: Record, other: Record) -> bool:
    if one.personal_number != other.personal_number:
        return True
    return not same_name(one.full_name, other.full_name) and _born(one) != _born(other)


def _alike(one: Record, other: Record) -> bool:
    return same_name(one.full_name, other.full_name) and _born(one) == _born(other)


def _born(record: Record) -> tuple[str, str]:
    return record.birth_date, record.birth_date[:4] or record.birth_year


def _name(said: str, held: str) -> Match:
    if not held:
        return Match.NOT_CHECKED
    return Match.MATCH if same_name(said, held) else Match.MISMATCH


def _birth(said: date, record: Record) -> Match:
    """Of some citizens only the year is on record: another year is a mismatch, the same year proves nothing."""
    if record.birth_date:
        return Match.MATCH if record.birth_date == f"{said:%Y%m%d}" else Match.MISMATCH
    if record.birth_year and record.birth_year != f"{said:%Y}":
        return Match.MISMATCH
    return Match.NOT_CHECKED
