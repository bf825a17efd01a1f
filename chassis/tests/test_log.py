import json
import subprocess
import sys

import asyncpg
import pytest

from motcua_chassis.log import describe, only_allowed

SECRET = "NGUYỄN VĂN AN"

PROGRAM = """
import logging, structlog
from motcua_chassis import log
log.configure("toy", "info")
logger = structlog.get_logger()
logger.info("application.taken", count=2, full_name="NGUYỄN VĂN AN", email="a@example.vn")
logger.debug("not.shown", count=1)
logging.getLogger("some.library").error("failed for %s", "NGUYỄN VĂN AN")
logging.getLogger("some.library").info("chatter of NGUYỄN VĂN AN")
try:
    raise ValueError("bad name: NGUYỄN VĂN AN")
except ValueError as error:
    logger.error("it.failed", **log.describe(error))
    logger.exception("it.failed.too", exc_info=error)
    logging.getLogger("some.library").exception("it failed for NGUYỄN VĂN AN")
"""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, object]]:
    """What a process that logs personal data by mistake prints."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_no_line_holds_what_was_not_on_the_list(lines: list[dict[str, object]]) -> None:
    everything = json.dumps(lines, ensure_ascii=False)

    assert "NGUYỄN" not in everything
    assert "example.vn" not in everything
    assert lines[0] == {
        "event": "application.taken", "service": "toy", "level": "info", "timestamp": lines[0]["timestamp"],
        "count": 2, "code": "log-keys-dropped",
    }  # fmt: skip


def test_an_exception_is_told_by_its_kind_and_place(lines: list[dict[str, object]]) -> None:
    [told] = [line for line in lines if line["event"] == "it.failed"]

    assert (told["error"], told["error_at"]) == ("ValueError", "<string>:11")


def test_a_library_that_complains_is_named_without_its_words(lines: list[dict[str, object]]) -> None:
    complaints = [line for line in lines if line["event"] == "library.complained"]

    assert [(line["logger"], line["level"], line.get("error")) for line in complaints] == [
        ("some.library", "error", None),
        ("some.library", "error", "ValueError"),
    ]


def test_keys_that_were_dropped_are_counted_and_not_named() -> None:
    entry = only_allowed(None, "info", {"event": "x", "full_name": SECRET, "body": SECRET, "topic": "t"})

    assert entry == {"event": "x", "topic": "t", "count": 2, "code": "log-keys-dropped"}


def test_a_database_error_is_told_by_its_code() -> None:
    error = asyncpg.UniqueViolationError(f"Key (name)=({SECRET}) already exists.")

    assert describe(error) == {"error": "UniqueViolationError", "error_at": "unknown", "sqlstate": "23505"}
