"""The faults of the drill, in the order in which they are struck."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial, wraps
from typing import TypeVar

from tests.failures.drill import (
    brokers,
    clocks,
    crashes,
    echoes,
    kills,
    networks,
    outsiders,
    poisoning,
    replicas,
    stores,
)
from tests.failures.drill.fault import Fault, Scene
from tests.failures.drill.grounds import Ground

T = TypeVar("T")


def faults(poison: int) -> Sequence[Fault]:
    """All; `poison` is how many bad records are thrown."""
    return (
        Fault("crash points", "one broker", crashes.crash_everywhere, pace=0.6),
        Fault("SIGKILL by chance", "one broker", kills.kill_by_chance),
        Fault("SIGTERM under load", "one broker", kills.stop_under_load),
        Fault("SIGTERM during the group join", "one broker", kills.stop_while_joining),
        Fault("SIGTERM without a broker", "one broker", kills.stop_without_broker, durable=True),
        Fault("service paused past its session", "one broker", kills.pause_past_the_session),
        Fault("PostgreSQL shut down at once", "one broker", stores.shut_down_at_once),
        Fault("broker killed", "one broker", brokers.kill_the_broker, durable=True),
        Fault("broker paused past the session", "one broker", brokers.silence_the_broker, durable=True),
        Fault("rebalance storm", "one broker", replicas.storm),
        Fault("duplicates, topics shuffled", "one broker", echoes.echo_and_shuffle),
        Fault("outside world misbehaves", "one broker", outsiders.misbehave),
        Fault("partition leader killed", "three brokers", brokers.kill_the_leader, durable=True),
        Fault("partition leader paused", "three brokers", brokers.silence_the_leader, durable=True),
        Fault("connections cut", "lines", _on(networks.cut_lines, lambda ground: ground.lines)),
        Fault("connections delayed", "lines", _on(networks.slow_lines, lambda ground: ground.lines)),
        Fault("connections black-holed", "lines", _on(networks.block_lines, lambda ground: ground.lines)),
        Fault("clocks jump an hour", "clock", _on(clocks.jump_an_hour, lambda ground: ground.clock)),
        Fault("disk of PostgreSQL full", "small disk", _on(stores.fill_the_disk, lambda ground: ground.disk)),
        Fault("poison", "poison", partial(poisoning.throw_poison, count=poison), parks=True),
    )


def _on(
    strike: Callable[[Scene, T], Awaitable[int]], part: Callable[[Ground], T | None]
) -> Callable[[Scene], Awaitable[int]]:
    """Strike with what the ground has besides."""

    @wraps(strike)
    async def struck(scene: Scene) -> int:
        thing = part(scene.ground)
        assert thing is not None, "this ground has no such thing"
        return await strike(scene, thing)

    return struck
