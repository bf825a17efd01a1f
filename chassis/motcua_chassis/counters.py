"""Numbers without gaps: offered under a row lock, consumed only when the transaction that used them commits."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from motcua_chassis.database import Connection

_PLACE = (
    "INSERT INTO counters (name) SELECT name FROM unnest($1::text[]) AS t (name) ORDER BY name ON CONFLICT DO NOTHING"
)
_LOCK = "SELECT name, value FROM counters WHERE name = ANY($1::text[]) ORDER BY name FOR UPDATE"
_SAVE = """
UPDATE counters AS c SET value = n.value
FROM unnest($1::text[], $2::bigint[]) AS n (name, value) WHERE c.name = n.name"""


class CounterNotLockedError(Exception):
    """A state that changed within the batch made its message name another counter: lock that too and fold again."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(slots=True)
class Offer:
    """The counters a batch locked; `peek` the next number, `consume` it once events carry it."""

    values: dict[str, int] = field(default_factory=dict)
    consumed: set[str] = field(default_factory=set)

    def peek(self, name: str | None) -> int | None:
        """The next number of this counter; None where a message names none. Raises `CounterNotLockedError`."""
        if name is None:
            return None
        if name not in self.values:
            raise CounterNotLockedError(name)
        return self.values[name] + 1

    def consume(self, name: str | None) -> None:
        """Take the number that `peek` showed."""
        if name is not None:
            self.values[name] += 1
            self.consumed.add(name)


async def lock(connection: Connection, names: Iterable[str]) -> Offer:
    """Lock the named counters in order, new ones at 0."""
    wanted = sorted(set(names))
    if not wanted:
        return Offer()
    await connection.execute(_PLACE, wanted)
    return Offer({row[0]: row[1] for row in await connection.fetch(_LOCK, wanted)})


async def save(connection: Connection, offer: Offer) -> None:
    """Write the numbers that were consumed."""
    if offer.consumed:
        names = sorted(offer.consumed)
        await connection.execute(_SAVE, names, [offer.values[name] for name in names])
