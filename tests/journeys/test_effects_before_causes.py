"""Journey 11: topics are not ordered among each other: the whole mix, with topics delayed against each other."""

import pytest
from rich.console import Console

from motcua_local.demo.plan import plan
from motcua_local.demo.run import Run, short_waits
from motcua_local.demo.scripts import Journey
from motcua_local.stack import Stack, StackOptions

_DELAYS = {
    "intake": "motcua.identity.events:3",  # hears of the payment before it hears who was verified
    "payment": "motcua.identity.events:2",  # hears of the withdrawal before it hears of anybody
    "notification": "motcua.intake.events:4,motcua.payment.events:1",
    "identity": "",
}


@pytest.mark.timeout(300)
async def test_the_whole_mix_ends_as_planned_with_topics_delayed_against_each_other(stack_broker: str) -> None:
    environment = short_waits(len(Journey))
    delayed = {name: {**environment.get(name, {}), "MOTCUA_DELAY_TOPICS": _DELAYS[name]} for name in _DELAYS}
    async with Stack(StackOptions(stack_broker, service_environment=delayed)) as stack:
        summary = await Run(stack, plan(0, 4_711, each=1), Console(quiet=True)).play()

    assert not summary.violations, summary.violations
    assert summary.ok
