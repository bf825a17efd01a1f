"""Promise 5: the state of a dossier, in each service, is the fold of the events that service published."""

from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from motcua_chassis.aggregates import Aggregates
from motcua_chassis.database import prepare
from motcua_contracts import Stream
from motcua_identity import domain as identity
from motcua_intake import domain as intake
from motcua_notification import domain as notification
from motcua_payment import domain as payment
from tests.support.journey import Travelled

SERVICES: dict[Stream, tuple[Any, Callable[[Any, Any], Any]]] = {
    Stream.INTAKE: (intake.Application(), intake.evolve),
    Stream.IDENTITY: (identity.Identity(), identity.evolve),
    Stream.PAYMENT: (payment.Payment(), payment.evolve),
    Stream.NOTIFICATION: (notification.Notices(), notification.evolve),
}


@pytest.mark.timeout(180)
async def test_every_state_is_the_fold_of_the_events_on_the_topic(mix: Travelled) -> None:

    for stream, (initial, evolve) in SERVICES.items():
        connection = await asyncpg.connect(mix.stack.dsn(stream.value))
        await prepare(connection)
        stored = await Aggregates(initial).load(connection, list(mix.applications))
        await connection.close()
        for application in mix.applications:
            story = [t for t in mix.run.history.by_application[application] if t.envelope.source == stream.source]
            state = initial
            for event in story:
                state = evolve(state, event.event)
            if story:
                assert stored[application].state == state, (stream, application)
                assert stored[application].version == len(story)
            else:
                assert application not in stored
