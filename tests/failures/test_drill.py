"""The drill in short: a few faults on one stack, under load, judged by the shared checker. The whole: `make faults`."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio

from tests.failures.drill.crashes import crash_everywhere, points
from tests.failures.drill.drilling import drill
from tests.failures.drill.fault import Fault
from tests.failures.drill.faults import faults
from tests.failures.drill.ground import Ground
from tests.failures.drill.grounds import GROUNDS, poisonable
from tests.failures.drill.poisoning import throw_poison

SHORT = (
    Fault("crash points", "one broker", partial(crash_everywhere, chosen=("path.before-commit", "relay.after-send"))),
    Fault("poison", "one broker", partial(throw_poison, count=2_000), parks=True),  # last: what it parks stays parked
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ground(stack_broker: str) -> AsyncIterator[Ground]:
    async with poisonable(stack_broker) as ground:
        yield ground


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", SHORT, ids=lambda fault: fault.name)
async def test_a_fault_under_load_breaks_no_promise(ground: Ground, fault: Fault) -> None:
    outcome = await drill(fault, ground, 77 + SHORT.index(fault))  # people of its own
    assert not outcome.violations, outcome.violations
    assert outcome.injected > 0


def test_every_fault_has_its_ground_and_a_name_of_its_own() -> None:
    known = faults(poison=1)
    assert {fault.ground for fault in known} == set(GROUNDS)
    assert len({fault.name for fault in known}) == len(known)


def test_the_crash_points_are_found_in_the_source() -> None:
    assert {"path.before-commit", "relay.after-send", "worker.after-call", "consumer.before-offset-commit"} <= set(
        points()
    )
