"""What is going to happen: for each application its citizen, its script and its form. Pure, by seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from motcua_contracts import Capacity
from motcua_local.citizens import Citizen, synthesise
from motcua_local.demo.forms import FORMS, Form
from motcua_local.demo.scripts import SCRIPTS, Journey, Registry, Script

_REACH = (("email",), ("sms",), ("email",), ("zns", "sms"), ("zns", "email"))
"""Preferences that citizens have, each as often as it stands here."""


@dataclass(frozen=True)
class Planned:
    """One application to come. `people` is whom the population registry is told about, if anybody."""

    key: str
    journey: Journey
    citizen: Citizen
    subject: UUID
    submission: dict[str, Any]
    form: Form
    people: tuple[dict[str, Any], ...]

    @property
    def script(self) -> Script:
        """Who does what."""
        return SCRIPTS[self.journey]


def plan(count: int, seed: int, only: Journey | None = None, each: int = 0) -> list[Planned]:
    """The same applications for the same seed: every journey with its share, `only` one, or `each` so many times."""
    random = Random(seed)  # noqa: S311  # repeatable, not secret
    journeys = _journeys(count, random) if not (only or each) else [only] * count if only else list(Journey) * each
    citizens = synthesise(seed, len(journeys))
    return [_one(at, journey, citizens[at], random) for at, journey in enumerate(journeys)]


def _journeys(count: int, random: Random) -> Sequence[Journey]:
    mix = [journey for journey, script in SCRIPTS.items() for _ in range(round(script.share * count / 1_000))]
    mix = (mix + [Journey.PAID] * count)[:count]
    random.shuffle(mix)
    return mix


def _one(at: int, journey: Journey, citizen: Citizen, random: Random) -> Planned:
    script = SCRIPTS[journey]
    form = random.choice(FORMS[script.fee])
    submission: dict[str, Any] = {
        "procedure": form.procedure,
        "agency": random.choice(form.agencies),
        "channel": "in-person" if script.filed_by is Capacity.COUNTER_OFFICER else "online",
        "language": random.choice(("vi", "vi", "vi", "en")),
        "applicant": {
            "personal_number": citizen.personal_number,
            "full_name": citizen.full_name,
            "date_of_birth": citizen.date_of_birth.isoformat(),
            "email": citizen.email,
            "phone": citizen.phone,
            "contact_by": ["zns", "sms"]
            if script.unreachable
            else list(_REACH[(at + at // len(Journey)) % len(_REACH)]),
        },
        "fee": {"beneficiary": form.beneficiary, "conditions": [], "pages": form.pages, "copies": 1},
    }
    if form.fields:
        submission["form"] = dict(form.fields)
    subject = UUID(int=random.getrandbits(128), version=4)
    people = tuple(_known(script.registry, citizen, random))
    return Planned(f"demo-{at:07d}", journey, citizen, subject, submission, form, people)


def _known(registry: Registry, citizen: Citizen, random: Random) -> Iterator[dict[str, Any]]:
    if registry is Registry.NOBODY:
        if random.random() < 0.5:  # somebody else bears this number
            born = citizen.date_of_birth - timedelta(days=random.randrange(1, 300))
            yield _record(replace(citizen, full_name="LÊ VĂN KHÁC", date_of_birth=max(born, date(1946, 1, 1))))
        return
    if registry is Registry.OTHER_NAME:
        yield _record(replace(citizen, full_name=f"{citizen.full_name} HAI"))
        return
    yield _record(citizen) | _BEHAVIOURS.get(registry, {})


_BEHAVIOURS: dict[Registry, dict[str, Any]] = {
    Registry.TWO: {"behaviour": {"mode": "two-candidates"}},
    Registry.CONTRADICTS: {"behaviour": {"mode": "contradict"}},
    Registry.AWAY: {"behaviour": {"mode": "fail"}},
    Registry.SLOW: {"behaviour": {"mode": "slow", "delay_seconds": 30.0}},
}


def _record(person: Citizen) -> dict[str, Any]:
    return {
        "personal_number": person.personal_number,
        "full_name": person.full_name,
        "date_of_birth": person.date_of_birth.isoformat(),
        "gender": person.gender,
    }
