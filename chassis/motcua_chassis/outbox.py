"""Events on their way out: written in the transaction that made them, deleted once the broker has acknowledged them."""

from collections.abc import Collection, Sequence
from typing import Protocol

from motcua_chassis.codec import Outgoing
from motcua_chassis.database import Connection


class Publisher(Protocol):
    """This process's relay, as those see it who write the outbox."""

    @property
    def active(self) -> bool:
        """Whether it is this one that publishes, and none in another process."""

    def wake(self) -> None:
        """There are new rows."""


CHANNEL = "motcua_outbox"
_COLUMNS = ("topic", "key", "headers", "body")

_NEXT = """
SELECT seq, topic, key, headers, body FROM outbox AS o
WHERE set_aside IS NULL AND topic <> ALL($2::text[])
  AND NOT EXISTS (SELECT 1 FROM outbox AS a WHERE a.set_aside IS NOT NULL AND a.key = o.key)
ORDER BY seq LIMIT $1"""


async def add(connection: Connection, rows: Sequence[Outgoing]) -> None:
    """Append rows in order. Raises outside of a transaction."""
    if not connection.is_in_transaction():
        raise RuntimeError("the outbox is written only inside the transaction that made the events")
    await connection.copy_records_to_table("outbox", records=rows, columns=_COLUMNS)


async def tell_relays(connection: Connection) -> None:
    """Wake the active relay, in whichever process it is, when this transaction commits."""
    await connection.execute(f"NOTIFY {CHANNEL}")


async def next_rows(
    connection: Connection, limit: int, without: Collection[str] = ()
) -> list[tuple[int, str, bytes, str, bytes]]:
    """The lowest committed rows as (seq, topic, key, packed headers, body), without those behind one set aside.

    Rows of the topics `without` wait.
    """
    rows = await connection.fetch(_NEXT, limit, list(without))
    return [(row[0], row[1], str(row[2]).encode(), row[3], row[4]) for row in rows]


async def remove(connection: Connection, sent: Sequence[int]) -> None:
    """Delete exactly the rows that were sent; never `seq <= last`, for commits land out of order."""
    await connection.execute("DELETE FROM outbox WHERE seq = ANY($1::bigint[])", sent)


async def set_aside(connection: Connection, seq: int, reason: str) -> None:
    """Mark a row that can never be sent; its application's later rows wait behind it."""
    await connection.execute("UPDATE outbox SET set_aside = $2 WHERE seq = $1", seq, reason)
