"""What notification measures besides the chassis: what became of messages, by medium, as committed by this process.

Messages that wait to be sent are work rows: `motcua_work_open`.
"""

from collections.abc import Iterable, Sequence

import asyncpg
from prometheus_client import Counter, Metric

from motcua_chassis.decisions import Change
from motcua_contracts import Failure, Medium, NotificationFailed, NotificationSent

_SENT = "none"


class Outcomes:
    """Messages sent and failed."""

    def __init__(self) -> None:
        self._messages = Counter(
            "motcua_notification_messages", "Messages that came to an end", ["medium", "outcome", "reason"],
            registry=None,
        )  # fmt: skip
        for medium in Medium:
            self._messages.labels(medium.value, "sent", _SENT)
            for reason in Failure:
                self._messages.labels(medium.value, "failed", reason.value)

    async def refresh(self, _pool: asyncpg.Pool) -> None:
        """Nothing: what was committed is counted as it is."""

    def count(self, changes: Sequence[Change]) -> None:
        """Add what was committed."""
        for change in changes:
            for recorded in change.recorded:
                match recorded.event:
                    case NotificationSent(medium=medium):
                        self._messages.labels(medium.value, "sent", _SENT).inc()
                    case NotificationFailed(medium=medium, reason=reason):
                        self._messages.labels(medium.value, "failed", reason.value).inc()

    def collect(self) -> Iterable[Metric]:
        """The counts."""
        return self._messages.collect()
