"""Times as people write them on the command line and read them on the screen: Vietnam's, day first."""

import re
from datetime import UTC, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AGO = re.compile(r"(\d+)(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_moment(text: str, now: datetime | None = None) -> datetime:
    """`15m`, `2h`, `3d` ago, or ISO 8601; without an offset it is Vietnam's time. Raises `ValueError`."""
    if ago := _AGO.fullmatch(text):
        return (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)


def milliseconds(moment: datetime) -> int:
    """As Kafka counts them."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(value: int) -> datetime:
    """Raises `OverflowError` where no calendar reaches."""
    return EPOCH + timedelta(milliseconds=value)


def shown(moment: datetime) -> str:
    """07/12/2026 08:30:05.214, in Vietnam."""
    local = moment.astimezone(VIETNAM)
    return f"{local:%d/%m/%Y %H:%M:%S}.{local.microsecond // 1000:03d}"
