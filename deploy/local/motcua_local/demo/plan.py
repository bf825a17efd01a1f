"""What is going to happen: for each application its citizen, its form and the outcome it must reach. Pure, by seed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Any
from uuid import UUID

from motcua_contracts import Status
from motcua_local.citizens import Citizen, synthesise


class Journey(StrEnum):
    """The journeys of the mix."""

    PAID = "paid"
    FREE = "free-of-charge"
    REJECTED = "identity-rejected"

    @property
    def end(self) -> Status:
        """The terminal status this journey must reach."""
        return Status.IDENTITY_REJECTED if self is Journey.REJECTED else Status.RESULT_RETURNED

    @property
    def letters(self) -> int:
        """How many messages the citizen gets: one for each step that concerns them."""
        return {Journey.PAID: 6, Journey.FREE: 5, Journey.REJECTED: 2}[self]


_SHARES = {Journey.PAID: 0.6, Journey.FREE: 0.28, Journey.REJECTED: 0.12}

_WARDS = ("H29.25.12", "H29.25.13", "H26.30", "H55.242", "H15.50.05.13")


@dataclass(frozen=True)
class _Form:
    procedure: str
    agencies: tuple[str, ...]
    beneficiary: str = "none"
    pages: int = 1


_FORMS = {
    Journey.PAID: (
        _Form("2.000815", _WARDS, pages=4),
        _Form("2.000815", _WARDS, pages=12),
        _Form("1.001612", ("H26.30", "H15.50.05.13")),
        _Form("1.004222", ("G01.29.12", "G01.26.30")),
        _Form("3.000333", ("G01.29", "G01.26")),
        _Form("3.000333", ("G01.29",), beneficiary="student"),
        _Form("3.000347", ("G01.29", "G01.26")),
    ),
    Journey.FREE: (
        _Form("1.000894", _WARDS),
        _Form("2.000908", _WARDS),
        _Form("1.001612", ("H29.25.12", "H29.25.13")),
        _Form("3.000333", ("G01.29", "G01.26"), beneficiary="poor-household"),
        _Form("1.004222", ("G01.29.12",), beneficiary="elderly"),
    ),
    Journey.REJECTED: (_Form("2.000815", _WARDS), _Form("1.000894", _WARDS)),
}


@dataclass(frozen=True)
class Planned:
    """One application to come. `registered` is who the population registry knows under this number, if anybody."""

    key: str
    journey: Journey
    citizen: Citizen
    subject: UUID
    form: dict[str, Any]
    registered: Citizen | None


def plan(count: int, seed: int, only: Journey | None = None) -> list[Planned]:
    """The same applications for the same seed; every journey has its share, or there is `only` one."""
    random = Random(seed)  # noqa: S311  # repeatable, not secret
    citizens = synthesise(seed, count)
    journeys = [only] * count if only else _journeys(count, random)
    return [_one(at, journey, citizens[at], random) for at, journey in enumerate(journeys)]


def _journeys(count: int, random: Random) -> Iterator[Journey]:
    mix = [journey for journey, share in _SHARES.items() for _ in range(round(share * count))]
    mix = (mix + [Journey.PAID] * count)[:count]
    random.shuffle(mix)
    yield from mix


def _one(at: int, journey: Journey, citizen: Citizen, random: Random) -> Planned:
    form = random.choice(_FORMS[journey])
    submission = {
        "procedure": form.procedure,
        "agency": random.choice(form.agencies),
        "channel": "online",
        "language": random.choice(("vi", "vi", "vi", "en")),
        "applicant": {
            "personal_number": citizen.personal_number,
            "full_name": citizen.full_name,
            "date_of_birth": citizen.date_of_birth.isoformat(),
            "email": citizen.email,
            "phone": citizen.phone,
        },
        "fee": {"beneficiary": form.beneficiary, "conditions": [], "pages": form.pages, "copies": 1},
    }
    subject = UUID(int=random.getrandbits(128), version=4)
    return Planned(f"demo-{at:07d}", journey, citizen, subject, submission, _known_as(journey, citizen, random))


def _known_as(journey: Journey, citizen: Citizen, random: Random) -> Citizen | None:
    if journey is not Journey.REJECTED:
        return citizen
    if random.random() < 0.5:  # nobody bears this number
        return None
    born = citizen.date_of_birth - timedelta(days=random.randrange(1, 300))  # somebody else does
    return replace(citizen, full_name="LÊ VĂN KHÁC", date_of_birth=max(born, date(1946, 1, 1)))
