"""The adapter against the registry's simulator and a vault, over real HTTP."""

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from motcua_chassis.principals import ServiceToken
from motcua_chassis.worker import NotDoneError, Task
from motcua_contracts import Attributes, Match
from motcua_identity.domain import EVERYTHING_MATCHES, ApplicantGone, RegistryAnswered
from motcua_identity.registry import AwayError, ContradictionError, Registry, compare
from motcua_identity.soap import Citizen, FaultError, Record
from motcua_local.ports import free_ports

CITIZEN = Citizen("079084000999", "Nguyễn Văn Hoà", date(1984, 5, 2))
HELD = Record("079084000999", "NGUYỄN VĂN HÒA", "19840502", "1984")


def attributes(full_name: Match = Match.MATCH, date_of_birth: Match = Match.MATCH) -> Attributes:
    return Attributes(personal_number=Match.MATCH, full_name=full_name, date_of_birth=date_of_birth)


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([HELD], EVERYTHING_MATCHES),
        ([HELD, HELD], EVERYTHING_MATCHES),
        ([HELD._replace(full_name="NGUYỄN VĂN HOA")], attributes(full_name=Match.MISMATCH)),
        ([HELD._replace(full_name="")], attributes(full_name=Match.NOT_CHECKED)),
        ([HELD._replace(birth_date="19840503")], attributes(date_of_birth=Match.MISMATCH)),
        ([HELD._replace(birth_date="")], attributes(date_of_birth=Match.NOT_CHECKED)),
        ([HELD._replace(birth_date="", birth_year="1985")], attributes(date_of_birth=Match.MISMATCH)),
        ([HELD._replace(birth_date="", birth_year="")], attributes(date_of_birth=Match.NOT_CHECKED)),
        (
            [],
            Attributes(personal_number=Match.NOT_FOUND, full_name=Match.NOT_CHECKED, date_of_birth=Match.NOT_CHECKED),
        ),
    ],
)
def test_each_attribute_is_compared_for_itself(records: list[Record], found: Attributes) -> None:
    assert compare(CITIZEN, records) == found


@pytest.mark.parametrize(
    "records",
    [
        [HELD._replace(personal_number="079084000998")],
        [HELD._replace(personal_number="")],
        [HELD, HELD._replace(personal_number="079084000998")],
        [HELD, HELD._replace(full_name="LÊ VĂN BA")],
    ],
)
def test_an_answer_that_contradicts_us_or_itself_is_no_answer(records: list[Record]) -> None:
    with pytest.raises(ContradictionError):
        compare(CITIZEN, records)


async def test_a_citizen_on_record_matches_whatever_the_spelling(
    adapter: Registry, task: Task, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    await registry.knows(person)
    vault.people[task.application] = {**person, "full_name": " nguyễn văn  hoà"}
    assert await adapter.call(task) == RegistryAnswered(EVERYTHING_MATCHES)
    [request] = [r for r in await registry.requests() if r["personal_number"] == person["personal_number"]]
    assert request["request_id"] == f"{task.application.hex}-2"


async def test_an_unknown_number_is_not_found(
    adapter: Registry, task: Task, vault: Any, person: dict[str, str]
) -> None:
    vault.people[task.application] = person
    found = await adapter.call(task)
    assert isinstance(found, RegistryAnswered)
    assert found.attributes.personal_number is Match.NOT_FOUND


async def test_an_erased_applicant_is_gone_and_the_registry_is_not_asked(
    adapter: Registry, task: Task, registry: Any
) -> None:
    before = len(await registry.requests())
    assert await adapter.call(task) == ApplicantGone()
    assert len(await registry.requests()) == before


@pytest.mark.parametrize(
    ("mode", "error"),
    [("fail", FaultError), ("error", AwayError), ("cut", AwayError), ("contradict", ContradictionError)],
)
async def test_a_registry_that_misbehaves_is_asked_again_and_then_answers(
    adapter: Registry, task: Task, vault: Any, registry: Any, person: dict[str, str], mode: str, error: type[Exception]
) -> None:
    await registry.knows(person)
    vault.people[task.application] = person
    await registry.behave(mode, times=1)
    with pytest.raises(error) as raised:
        await adapter.call(task)
    assert isinstance(raised.value, NotDoneError)
    assert person["full_name"] not in repr(raised.value)
    assert await adapter.call(task) == RegistryAnswered(EVERYTHING_MATCHES)


async def test_a_record_given_twice_counts_once(
    adapter: Registry, task: Task, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    await registry.knows(person)
    vault.people[task.application] = person
    await registry.behave("repeat", times=1)
    assert await adapter.call(task) == RegistryAnswered(EVERYTHING_MATCHES)


async def test_a_slow_registry_is_left_before_the_worker_would_cut_the_call(
    adapter: Registry,
    task: Task,
    vault: Any,
    registry: Any,
    person: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("motcua_identity.registry.LOOKUP_SECONDS", 0.1)
    vault.people[task.application] = person
    await registry.behave("slow", delay_seconds=1, times=1)
    with pytest.raises(AwayError):
        await adapter.call(task)


async def test_nobody_at_the_registrys_address_is_certainly_not_done(
    adapter: Registry, task: Task, vault: Any, person: dict[str, str]
) -> None:
    vault.people[task.application] = person
    adapter._url = f"http://127.0.0.1:{free_ports(1)[0]}/ndxp/dancu"
    with pytest.raises(AwayError):
        await adapter.call(task)


async def test_something_else_at_the_registrys_address_is_no_answer(
    adapter: Registry, task: Task, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    vault.people[task.application] = person
    adapter._url = registry.url.replace("/ndxp/dancu", "/control/health")
    with pytest.raises(AwayError):
        await adapter.call(task)


async def test_checks_that_are_due_together_share_one_claim_check(
    adapter: Registry, task: Task, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    await registry.knows(person)
    tasks = [Task(uuid4(), task.key, task.state, 1, uncertain=False) for _ in range(40)]
    vault.people |= {each.application: person for each in tasks}
    vault.batches.clear()
    assert set(map(repr, await asyncio.gather(*map(adapter.call, tasks)))) == {
        repr(RegistryAnswered(EVERYTHING_MATCHES))
    }
    assert vault.batches == [40]


def test_the_service_token_is_signed_once_for_many_calls() -> None:
    token = ServiceToken("a-secret-for-signed-development-tokens", "identity")
    assert token() is token()
