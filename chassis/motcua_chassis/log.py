"""Structured logs that cannot carry personal data: a key that is not on the list is dropped and counted.

Events are stable dotted names (`path.committed`); values are ids, codes, counts and times.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

from motcua_chassis.span import current

ALLOWED = frozenset(
    """
    event level timestamp service logger error_id
    application application_id aggregate cause correlation dossier_code event_id event_type sequence trace_id
    topic partition offset cluster group assignment positions lag
    records fresh repeats skipped parked held events commands answers refused batch milliseconds seconds attempts
    point reason code kind key route method status host port brokers database migration version
    error error_at sqlstate state count pending age limit breaker signal retry_in channel
    """.split()
)
"""Keys a log line may have. Add one only if no value of it can describe a person."""


def only_allowed(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep the allowed keys; say how many were dropped, never which values."""
    dropped = [key for key in entry if key not in ALLOWED]
    for key in dropped:
        del entry[key]
    if dropped:
        entry["count"] = len(dropped)
        entry["code"] = "log-keys-dropped"
    return entry


def with_trace(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name the trace of the request or the call that the line comes from, where there is one."""
    span = current.get()
    if span is not None:
        entry.setdefault("trace_id", f"{span.trace_id:032x}")
    return entry


def describe(error: BaseException) -> dict[str, str]:
    """An exception as safe log values: its type and place; its text may quote data, so it stays out."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "unknown"
    found = {"error": type(error).__name__, "error_at": where}
    sqlstate = getattr(error, "sqlstate", None)
    return found | {"sqlstate": sqlstate} if sqlstate else found


def configure(service: str, level: str = "info") -> None:
    """JSON lines on standard output; libraries' own records pass with their logger's name and no text."""
    structlog.contextvars.bind_contextvars(service=service)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            with_trace,
            only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [_LibraryHandler()]
    root.setLevel(logging.WARNING)


class _LibraryHandler(logging.Handler):
    """Passes on that a library complained and where, not what it quoted."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno,
            "library.complained",
            logger=record.name,
            code=record.funcName,
            error=record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None,
        )
