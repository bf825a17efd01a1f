"""What one look came to."""

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """Good, to be mended, or a note: right on a laptop alone, or not to be seen from here."""

    GOOD = "good"
    BAD = "mend"
    NOTE = "note"


class Finding(NamedTuple):
    """One line of the report; `mend` says what to do where it is not good."""

    state: State
    subject: str
    what: str
    mend: str = ""

    @classmethod
    def good(cls, subject: str, what: str) -> "Finding":
        return cls(State.GOOD, subject, what)

    @classmethod
    def bad(cls, subject: str, what: str, mend: str) -> "Finding":
        return cls(State.BAD, subject, what, mend)

    @classmethod
    def note(cls, subject: str, what: str, mend: str = "") -> "Finding":
        return cls(State.NOTE, subject, what, mend)
