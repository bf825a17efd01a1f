"""Finds what a database holds unpublished under numbers that its topic gives to other events.

So it is where an older back-up came back and the service decided on it before it knew: published, these would be lies.
"""

from collections.abc import Mapping
from uuid import UUID

from asyncpg.pgproto import pgproto

from motcua_chassis.codec import unpack_headers
from motcua_chassis.database import Connection
from motcua_contracts import read_headers

Told = Mapping[tuple[UUID, int], UUID]
"""The ids of published events, by application and sequence."""

_UNPUBLISHED = "SELECT headers FROM outbox WHERE topic = $1 AND key = ANY($2::uuid[])"


class ContradictionError(Exception):
    """The database was decided on before it knew what its topic knows; nothing of the batch was written."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}; put the back-up in place again and rebuild with --catch-up before the service starts"
        )


async def refuse(connection: Connection, topic: str, told: Told) -> None:
    """Raises `ContradictionError` for a number that stands for two events."""
    applications = {application for application, _ in told}
    for row in await connection.fetch(_UNPUBLISHED, topic, list(applications)):
        waiting = read_headers(unpack_headers(row[0]), pgproto.UUID)
        if told.get((waiting.subject, waiting.sequence), waiting.id) != waiting.id:
            raise ContradictionError(
                f"application {waiting.subject}: another event {waiting.sequence} waits in the outbox than was told"
            )
