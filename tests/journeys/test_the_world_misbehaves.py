"""Journey 10: registry away for longer than every time-out, mail and SMS in trouble: it still ends right, and once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from rich.console import Console

from motcua_chassis.worker import LEASE_MARGIN
from motcua_contracts import (
    Failure,
    IdentityReviewRequired,
    IdentityVerified,
    Medium,
    NotificationFailed,
    NotificationSent,
    ReviewReason,
)
from motcua_identity.registry import Registry
from motcua_local.demo.plan import plan
from motcua_local.demo.run import Run, short_waits
from motcua_local.demo.scripts import Journey
from motcua_local.stack import Stack, StackOptions
from tests.support.journey import Travelled

OUTAGE = 45.0
_PATIENCE = 75
"""Seconds after which an officer looks: longer than the outage, so that the outage alone costs nobody a review."""
_LEASE = Registry("", None, None).timeout + LEASE_MARGIN
"""Seconds for which a call belongs to whoever makes it: the longest wait of all. After one lease, and the longest pause
before a retry, an outage has done all it can; `services/identity/tests/test_outage.py` makes one as long as one likes.
"""
_TROUBLE = {
    "smtp": {"mode": "hang", "share": 0.1, "seed": 3},  # takes the mail and never says so
    "sms-one": {"mode": "slow", "delay_seconds": 3.0},
    "zalo": {"mode": "error", "share": 0.3, "seed": 5},  # HTTP 500: may or may not have taken it
    "vnpay": {"mode": "repeat"},
}

pytestmark = pytest.mark.timeout(420)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def rough(stack_broker: str) -> AsyncIterator[Travelled]:
    """Every journey twice, in the worst of weathers."""
    environment = short_waits(len(Journey)) | {"identity": {"MOTCUA_REGISTRY_PATIENCE": str(_PATIENCE)}}
    async with Stack(StackOptions(stack_broker, service_environment=environment)) as stack:
        for outsider, trouble in _TROUBLE.items():
            await _tell(stack, outsider, trouble)
        await _tell(stack, "registry", {"mode": "error"})
        run = Run(stack, plan(0, 8_128, each=2), Console(quiet=True), patience=_PATIENCE + 60)
        playing = asyncio.create_task(run.play())
        await asyncio.wait({playing}, timeout=OUTAGE)
        verified_meanwhile = run.history.types[IdentityVerified.type]
        await _tell(stack, "registry", {"mode": "normal"})
        summary = await playing
        assert verified_meanwhile == 0
        assert not summary.violations, summary.violations
        assert summary.ok
        yield Travelled(stack, summary, run)


async def test_an_outage_longer_than_every_time_out_costs_time_and_nothing_else(rough: Travelled) -> None:
    assert _LEASE + Registry.longest_pause < OUTAGE
    for application in rough.of(Journey.PAID):
        assert rough.events(application, IdentityReviewRequired) == []
        assert len(rough.events(application, IdentityVerified)) == 1
    for application in rough.of(Journey.REGISTRY_AWAY):
        [review] = rough.events(application, IdentityReviewRequired)
        assert review.reason is ReviewReason.REGISTRY_UNAVAILABLE


async def test_a_mail_that_may_have_left_is_never_sent_again(rough: Travelled) -> None:
    unknown = [n for a in rough.applications for n in rough.events(a, NotificationFailed)]
    assert any(n.reason is Failure.OUTCOME_UNKNOWN and n.medium is Medium.EMAIL for n in unknown)
    taken = Counter(mail["message_id"] for mail in (await _ledger(rough.stack, "smtp"))["messages"])
    assert set(taken.values()) == {1}


async def test_the_second_provider_takes_over_from_a_slow_one_and_nobody_is_told_twice(rough: Travelled) -> None:
    first, second = [(await _ledger(rough.stack, name))["messages"] for name in ("sms-one", "sms-two")]
    assert len(second) > len(first)
    assert set(Counter(message["request_id"] for message in (*first, *second)).values()) == {1}
    for application in rough.applications:
        sent = Counter((n.topic, n.number) for n in rough.events(application, NotificationSent))
        assert set(sent.values()) <= {1}


async def test_why_somebody_was_not_told_is_answered_with_every_attempt(rough: Travelled) -> None:
    application, failed = next(
        (a, n) for a in rough.applications for n in rough.events(a, NotificationFailed) if n.medium is Medium.EMAIL
    )
    shown = await rough.get("notification", f"/applications/{application}/notifications", rough.citizen(application))
    [notice] = [
        n for n in shown["notifications"] if (n["topic"], n.get("number")) == (failed.topic.value, failed.number)
    ]
    [tried] = [message for message in notice["messages"] if message["medium"] == "email"]
    assert (notice["event"], notice["rule"]["id"], notice["template"]) != (None, None, None)
    assert tried["reason"] == failed.reason.value
    assert tried["attempts"]


async def _tell(stack: Stack, outsider: str, setting: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=stack.url(outsider), trust_env=False) as client:
        (await client.put("/control/behaviour", json=setting)).raise_for_status()


async def _ledger(stack: Stack, outsider: str) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=stack.url(outsider), trust_env=False) as client:
        found: dict[str, Any] = (await client.get("/control/ledger", params={"limit": 100_000})).json()
        return found
