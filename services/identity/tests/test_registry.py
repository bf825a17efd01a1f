"""The adapter against the registry's simulator and a vault, over real HTTP."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from motcua_chassis.principals import ServiceToken
from motcua_chassis.worker import NotDoneError, Task
from motcua_contracts import Attributes, Match, ReviewReason
from motcua_identity.domain import EVERYTHING_MATCHES, ApplicantGone, RegistryAnswered
from motcua_identity.registry import AwayError, Registry
from motcua_identity.soap import FaultError
from motcua_local.ports import free_ports


async def test_a_citizen_on_record_matches_whatever_the_spelling(
    adapter: Registry, task: Task, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    await registry.knows(person)
    vault.people[task.application] = {**person, "full_name": " nguyễn văn  hoà"}
    assert await adapter.call(task) == RegistryAnswered(EVERYTHING_MATCHES)
    [request] = [r for r in await registry.requests() if r["personal_number"] == person["personal_number"]]
    assert request["request_id"] == f"{task.application.hex}-2-1"


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
    [("fail", FaultError), ("error", AwayError), ("cut", AwayError)],
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


async def looks(registry: Any, person: dict[str, str]) -> list[dict[str, Any]]:
    return [each for each in await registry.requests() if each["personal_number"] == person["personal_number"]]


@pytest.mark.parametrize("mode", ["contradict", "two-candidates", "disagree"])
async def test_a_contradiction_that_passes_was_a_glitch(
    adapter: Registry, task: Task, vault: Any, registry: Any, person: dict[str, str], mode: str
) -> None:
    await registry.knows(person | {"behaviour": {"mode": mode, "times": 2}})
    vault.people[task.application] = person
    assert await adapter.call(task) == RegistryAnswered(EVERYTHING_MATCHES)
    assert [each["request_id"] for each in await looks(registry, person)] == [
        f"{task.application.hex}-2-{look}" for look in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("mode", "found"),
    [
        (
            "contradict",
            RegistryAnswered(
                Attributes(
                    personal_number=Match.MISMATCH, full_name=Match.NOT_CHECKED, date_of_birth=Match.NOT_CHECKED
                ),
                ReviewReason.CONTRADICTORY_ANSWER,
            ),
        ),
        (
            "two-candidates",
            RegistryAnswered(
                Attributes(personal_number=Match.MATCH, full_name=Match.NOT_CHECKED, date_of_birth=Match.NOT_CHECKED),
                ReviewReason.TWO_CANDIDATES,
            ),
        ),
        (
            "disagree",
            RegistryAnswered(
                Attributes(personal_number=Match.MATCH, full_name=Match.MATCH, date_of_birth=Match.NOT_CHECKED),
                ReviewReason.CONTRADICTORY_ANSWER,
            ),
        ),
    ],
)
async def test_a_contradiction_that_stays_is_the_answer_after_three_looks(
    adapter: Registry,
    task: Task,
    vault: Any,
    registry: Any,
    person: dict[str, str],
    mode: str,
    found: RegistryAnswered,
) -> None:
    await registry.knows(person | {"behaviour": {"mode": mode}})
    vault.people[task.application] = person
    assert await adapter.call(task) == found
    assert len(await looks(registry, person)) == 3


async def test_a_registry_that_goes_away_between_two_looks_is_away(
    adapter: Registry, task: Task, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    await registry.knows(person | {"behaviour": {"mode": "two-candidates"}})
    vault.people[task.application] = person
    call = asyncio.create_task(adapter.call(task))
    while not await looks(registry, person):
        await asyncio.sleep(0.01)
    await registry.behave("fail")
    with pytest.raises(FaultError):
        await call


async def test_calls_keep_the_agreed_rate_and_their_waiting_is_in_the_time_they_may_take(
    make_adapter: Any, task: Task, vault: Any, registry: Any, person: dict[str, str]
) -> None:
    adapter = make_adapter(registry_rate=50, work_concurrency=20)
    await registry.knows(person)
    tasks = [Task(uuid4(), task.key, task.state, 1, uncertain=False) for _ in range(20)]
    vault.people |= {each.application: person for each in tasks}
    await asyncio.gather(*map(adapter.call, tasks))
    at = sorted(datetime.fromisoformat(each["at"]) for each in await looks(registry, person))
    assert len(at) == 20
    assert (at[-1] - at[0]).total_seconds() >= 0.9 * 19 / 50
    assert adapter.timeout == pytest.approx(3 + 8 + 1.5 + 1 + 3 * 20 / 50)


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
