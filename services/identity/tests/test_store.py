"""The review queue on a real PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest_asyncio
from prometheus_client import CollectorRegistry

from motcua_chassis.database import migrate, migrations_of, prepare
from motcua_chassis.decisions import Change, Recorded
from motcua_chassis.message import Message
from motcua_contracts import (
    ApplicationWithdrawn,
    Attributes,
    Dossier,
    Event,
    FeeBasis,
    IdentityCheckRequested,
    Match,
    Status,
    Verdict,
)
from motcua_identity import store
from motcua_identity.domain import Identity, Phase, RegistryAnswered, ResolveReview, decider
from motcua_identity.metrics import OpenReviews
from motcua_identity.review_rules import load_rules

DECIDER = decider(load_rules())
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
DOUBT = Attributes(personal_number=Match.MATCH, full_name=Match.MISMATCH, date_of_birth=Match.MATCH)


@pytest_asyncio.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(database, min_size=1, max_size=2, init=prepare) as pool:
        async with pool.acquire() as connection:
            await migrate(connection, migrations_of("motcua_identity"))
        yield pool


def requested(agency: str, procedure: str = "2.000815") -> Identity:
    dossier = Dossier(
        code=f"{agency}-261122-0001", applicant_id=uuid4(), procedure=procedure, agency=agency, channel="online"
    )
    basis = FeeBasis(submitted_on=date(2026, 11, 22))
    return DECIDER.evolve(Identity(), IdentityCheckRequested(dossier=dossier, fee_basis=basis))


def change(application: UUID, before: Identity, body: Any, minutes: int = 0) -> Change:
    at = NOW + timedelta(minutes=minutes)
    events = DECIDER.decide(before, Message(body, application, at, uuid4()))
    state, recorded = before, []
    for event in events:  # type: ignore[union-attr]
        assert isinstance(event, Event)
        state = DECIDER.evolve(state, event)
        recorded.append(Recorded(uuid4(), event, 2, at))
    return Change(application, body, recorded, state)


async def project(pool: asyncpg.Pool, *changes: Change) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await store.project(connection, changes)


async def doubtful(pool: asyncpg.Pool, agency: str, minutes: int = 0, procedure: str = "2.000815") -> Change:
    opened = change(uuid4(), requested(agency, procedure), RegistryAnswered(DOUBT), minutes)
    await project(pool, opened)
    return opened


async def agencies(pool: asyncpg.Pool, agency: str) -> list[str]:
    return [review.agency for review in await store.waiting(pool, agency, 50)]


async def test_an_agency_sees_its_own_reviews_and_those_below_it_only(pool: asyncpg.Pool) -> None:
    for agency in ("H29", "H29.25", "H29.25.12", "H29.251", "H29.2", "H30.25"):
        await doubtful(pool, agency)
    assert sorted(await agencies(pool, "H29.25")) == ["H29.25", "H29.25.12"]
    assert sorted(await agencies(pool, "H29")) == ["H29", "H29.2", "H29.25", "H29.25.12", "H29.251"]
    assert await agencies(pool, "H29.25.12") == ["H29.25.12"]
    assert await agencies(pool, "H2") == []


async def test_the_oldest_come_first_up_to_the_limit(pool: asyncpg.Pool) -> None:
    late, early, middle = [await doubtful(pool, "H29.25", minutes) for minutes in (9, 1, 5)]
    found = await store.waiting(pool, "H29.25", 2)
    assert [review.application_id for review in found] == [early.application, middle.application]
    assert found[0].since == NOW + timedelta(minutes=1)
    assert found[0].attributes == DOUBT
    assert late.state.phase is Phase.IN_REVIEW


async def test_a_resolved_review_leaves_the_queue(pool: asyncpg.Pool) -> None:
    opened = await doubtful(pool, "H29.25")
    await doubtful(pool, "H29.26")
    await project(pool, change(opened.application, opened.state, ResolveReview(uuid4(), Verdict.REJECTED)))
    assert await agencies(pool, "H29") == ["H29.26"]


async def test_a_review_opened_and_resolved_in_one_batch_leaves_nothing(pool: asyncpg.Pool) -> None:
    opened = change(uuid4(), requested("H29.25"), RegistryAnswered(DOUBT))
    resolved = change(opened.application, opened.state, ResolveReview(uuid4(), Verdict.VERIFIED))
    await project(pool, opened, resolved)
    assert await agencies(pool, "H29") == []


async def test_a_review_for_two_shows_who_proposed_what_and_when(pool: asyncpg.Pool) -> None:
    first, second = uuid4(), uuid4()
    opened = await doubtful(pool, "H29.25", procedure="3.000333")
    [review] = await store.waiting(pool, "H29", 50)
    assert (review.procedure, review.four_eyes) == ("3.000333", "identity/criminal-record/four-eyes")
    assert (review.verdict, review.proposed_by, review.proposed_at) == (None, None, None)
    proposed = change(opened.application, opened.state, ResolveReview(first, Verdict.VERIFIED), 5)
    await project(pool, proposed)
    [review] = await store.waiting(pool, "H29", 50)
    assert (review.verdict, review.proposed_by) == ("verified", first)
    assert (review.since, review.proposed_at) == (NOW, NOW + timedelta(minutes=5))
    contradicted = change(opened.application, proposed.state, ResolveReview(second, Verdict.REJECTED), 6)
    await project(pool, contradicted)
    [review] = await store.waiting(pool, "H29", 50)
    assert (review.verdict, review.proposed_by) == ("rejected", second)
    await project(pool, change(opened.application, contradicted.state, ResolveReview(first, Verdict.REJECTED), 7))
    assert await store.waiting(pool, "H29", 50) == []


async def test_a_review_opened_and_proposed_in_one_batch_waits_since_it_opened(pool: asyncpg.Pool) -> None:
    opened = change(uuid4(), requested("H29.25", "3.000333"), RegistryAnswered(DOUBT))
    proposed = change(opened.application, opened.state, ResolveReview(uuid4(), Verdict.VERIFIED), 5)
    contradicted = change(opened.application, proposed.state, ResolveReview(uuid4(), Verdict.REJECTED), 6)
    await project(pool, opened, proposed, contradicted)
    [review] = await store.waiting(pool, "H29", 50)
    assert (review.since, review.verdict, review.proposed_at) == (NOW, "rejected", NOW + timedelta(minutes=6))


async def test_a_withdrawn_application_leaves_the_queue(pool: asyncpg.Pool) -> None:
    opened = await doubtful(pool, "H29.25")
    withdrawn = ApplicationWithdrawn(
        dossier=opened.state.dossier, previous=Status.IDENTITY_IN_REVIEW, withdrawn_by=uuid4()
    )
    await project(pool, change(opened.application, opened.state, withdrawn))
    assert await agencies(pool, "H29") == []


async def test_a_check_nobody_asked_for_is_not_found(pool: asyncpg.Pool) -> None:
    assert await store.find(pool, uuid4()) is None


async def test_open_reviews_are_counted_by_stage_with_the_age_of_the_oldest(pool: asyncpg.Pool) -> None:
    await doubtful(pool, "H29.25", minutes=0)
    await doubtful(pool, "H29.25", minutes=30)
    await pool.execute("UPDATE reviews SET proposed_at = $1 WHERE since = $2", NOW, NOW + timedelta(minutes=30))
    metrics, registry = OpenReviews(), CollectorRegistry()

    await metrics.refresh(pool)

    registry.register(metrics)
    counts = [registry.get_sample_value("motcua_identity_reviews", {"stage": s}) for s in ("first-look", "second-look")]
    assert counts == [1, 1]
    first = registry.get_sample_value("motcua_identity_reviews_age_seconds", {"stage": "first-look"})
    second = registry.get_sample_value("motcua_identity_reviews_age_seconds", {"stage": "second-look"})
    assert first is not None
    assert second is not None
    assert 1_799 < first - second < 1_801
