"""Times as people write them on the command line and read them on the screen: Vietnam's, day first."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

VIETNAM = timezone(timedelta(hours=7))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 253_402_300_799_999
"""The last millisecond of the year 9999: what lies beyond has no written form."""
_THOUSANDTHS = [b".%03dZ" % number for number in range(1_000)]
_NOUGHTS = bytes.maketrans(b"123456789", b"000000000")
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


@lru_cache(maxsize=1024)
def _second(text: bytes) -> int:
    return milliseconds(datetime.fromisoformat(text.decode()).replace(tzinfo=UTC))


@lru_cache(maxsize=1024)
def _written_second(value: int) -> bytes:
    return (EPOCH + timedelta(seconds=value)).isoformat()[:19].encode()


def write_milliseconds(value: int) -> bytes:
    """2026-12-07T01:30:05.214Z. Raises `OverflowError` where no calendar reaches."""
    return _written_second(value // 1000) + _THOUSANDTHS[value % 1000]


def read_milliseconds(text: bytes) -> int:
    """The milliseconds of a written time. Raises `ValueError`."""
    if text.translate(_NOUGHTS) == b"0000-00-00T00:00:00.000Z":
        return _second(text[:19]) + int(text[20:23])
    return milliseconds(datetime.fromisoformat(text.decode()))


def shown(moment: datetime) -> str:
    """07/12/2026 08:30:05.214, in Vietnam."""
    local = moment.astimezone(VIETNAM)
    return f"{local:%d/%m/%Y %H:%M:%S}.{local.microsecond // 1000:03d}"
