"""How numbers, times, findings and reasons are said to people, in Vietnamese and English.

Dates and money are written the Vietnamese way in both languages: 22/11/2026, 1.234.567 đ. What is said of each code of
the contracts lies in `templates/words/`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any
from uuid import UUID

from motcua_chassis.reference_data import read_yaml
from motcua_chassis.vietnam import VIETNAM
from motcua_contracts import (
    Attributes,
    Closing,
    ExtensionGround,
    Language,
    Match,
    RefundReason,
    RefusalGround,
    ReviewReason,
    SupplementItem,
)

_VIETNAMESE, _ENGLISH = Language.VIETNAMESE, Language.ENGLISH

_WORDS = files("motcua_notification") / "templates" / "words"
WORDS: Mapping[Language, dict[str, Any]] = {
    language: read_yaml(_WORDS / f"{language.value}.yaml") for language in Language
}
"""What is said of each code, by what kind of code it is."""

_AT = {_VIETNAMESE: "lúc", _ENGLISH: "at"}


def money(amount: int) -> str:
    """1234567 -> `1.234.567 đ`."""
    return f"{amount:,} đ".replace(",", ".")


def money_in_ascii(amount: int) -> str:
    """For SMS, where a bare `d` would be odd: 1234567 -> `1.234.567 VND`."""
    return f"{amount:,} VND".replace(",", ".")


def clock(time: datetime) -> str:
    """The short form, as Zalo wants it too: `17:00 22/11/2026`, in Vietnam."""
    return f"{_local(time):%H:%M %d/%m/%Y}"


def moment(time: datetime, language: Language) -> str:
    """An aware time in Vietnam: `22/11/2026 lúc 17:00`, `22/11/2026 at 17:00`."""
    local = _local(time)
    return f"{local:%d/%m/%Y} {_AT[language]} {local:%H:%M}"


def _local(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError("a time without offset has no hour in Vietnam")
    return time.astimezone(VIETNAM)


def review(reason: ReviewReason, language: Language) -> str:
    """Why an officer looks at it: a sentence."""
    return _word(language, "review", reason.value)


def ground(ground: RefusalGround, language: Language) -> str:
    """Why an agency says no: a sentence."""
    return _word(language, "ground", ground.value)


def extension(ground: ExtensionGround, language: Language) -> str:
    """Why a result comes later: a sentence."""
    return _word(language, "extension", ground.value)


def refund(reason: RefundReason | Closing, language: Language) -> str:
    """Why money goes back, or what ended the application: part of a sentence."""
    return _word(language, "refund", reason.value)


def marked(language: Language, items: Sequence[SupplementItem], said: Callable[[UUID | None], str]) -> list[str]:
    """What an officer marked: the place, what is wrong with it, and the officer's words if there are any."""
    return [
        f"{place(item.item, language)}: {_word(language, 'supplement', item.reason.value)}. {said(item.note)}".strip()
        for item in items
    ]


def place(item: str, language: Language) -> str:
    """The name of a place in an application; one that nobody named yet is told by its code."""
    kind, _, code = item.partition(".")
    named: str | None = WORDS[language]["item"].get(item)
    return named or f"{_word(language, 'kind', kind)} {code}"


def remark(notes: Mapping[str, str], language: Language, note: UUID | None) -> str:
    """An officer's words in one line; empty without a note, or where its words are no longer kept."""
    words = " ".join(notes.get(str(note), "").split()) if note else ""
    return f"{WORDS[language]['remark']} {words}" if words else ""


def _word(language: Language, kind: str, code: str) -> str:
    found: str = WORDS[language][kind][code]
    return found


def reasons(attributes: Attributes, language: Language) -> list[str]:
    """One sentence per attribute that stood in the way; never empty, for a refusal without a reason helps nobody."""
    found = [_FINDINGS[name, match] for name, match in attributes if (name, match) in _FINDINGS]
    return [sentences[language] for sentences in found or [_UNSETTLED]]


_FINDINGS = {
    ("personal_number", Match.NOT_FOUND): {
        _VIETNAMESE: "Số định danh cá nhân: không tìm thấy trong Cơ sở dữ liệu quốc gia về dân cư.",
        _ENGLISH: "Personal number: not found in the National Population Database.",
    },
    ("personal_number", Match.MISMATCH): {
        _VIETNAMESE: "Số định danh cá nhân: không khớp với Cơ sở dữ liệu quốc gia về dân cư.",
        _ENGLISH: "Personal number: does not match the National Population Database.",
    },
    ("full_name", Match.NOT_FOUND): {
        _VIETNAMESE: "Họ và tên: Cơ sở dữ liệu quốc gia về dân cư chưa có để đối chiếu.",
        _ENGLISH: "Full name: the National Population Database has none to compare with.",
    },
    ("full_name", Match.MISMATCH): {
        _VIETNAMESE: "Họ và tên: không khớp với số định danh cá nhân đã khai.",
        _ENGLISH: "Full name: does not belong to the personal number you gave.",
    },
    ("date_of_birth", Match.NOT_FOUND): {
        _VIETNAMESE: "Ngày, tháng, năm sinh: Cơ sở dữ liệu quốc gia về dân cư chưa có để đối chiếu.",
        _ENGLISH: "Date of birth: the National Population Database has none to compare with.",
    },
    ("date_of_birth", Match.MISMATCH): {
        _VIETNAMESE: "Ngày, tháng, năm sinh: không khớp với số định danh cá nhân đã khai.",
        _ENGLISH: "Date of birth: does not belong to the personal number you gave.",
    },
}
_UNSETTLED = {
    _VIETNAMESE: "Thông tin đã khai chưa đủ để cơ quan xác minh danh tính của người nộp hồ sơ.",
    _ENGLISH: "The information given was not enough for the agency to establish the applicant's identity.",
}
