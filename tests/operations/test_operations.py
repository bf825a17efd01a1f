"""What platform teams do to a system at work costs nothing: each is done under load, judged by the drill's checker."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.failures.drill.drilling import drill
from tests.failures.drill.fault import Fault
from tests.failures.drill.ground import Ground
from tests.failures.drill.grounds import _standing
from tests.operations.apart import ApartStack
from tests.operations.restoring import restore_everything
from tests.operations.rotating import rotate_secrets
from tests.operations.upgrading import upgrade_one_after_the_other

OPERATIONS = (
    Fault("databases lost and restored", "", restore_everything),
    Fault("secrets changed", "", rotate_secrets),
    Fault("a release comes in", "", upgrade_one_after_the_other),
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ground(stack_broker: str) -> AsyncIterator[Ground]:
    async with _standing(lambda deaths: ApartStack(deaths, stack_broker)) as ground:
        yield ground


@pytest.mark.timeout(400)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_an_operation_under_load_breaks_no_promise(ground: Ground, operation: Fault) -> None:
    outcome = await drill(operation, ground, 177 + OPERATIONS.index(operation))
    assert not outcome.violations, outcome.violations
    assert outcome.injected > 0
