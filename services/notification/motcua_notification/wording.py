"""How numbers, times and findings are said to people, in Vietnamese and English.

Dates and money are written the Vietnamese way in both languages: 22/11/2026, 1.234.567 đ.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from motcua_contracts import Attributes, Language, Match

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_VIETNAMESE, _ENGLISH = Language.VIETNAMESE, Language.ENGLISH

_AT = {_VIETNAMESE: "lúc", _ENGLISH: "at"}


def money(amount: int) -> str:
    """1234567 -> `1.234.567 đ`."""
    return f"{amount:,} đ".replace(",", ".")


def moment(time: datetime, language: Language) -> str:
    """An aware time in Vietnam: `22/11/2026 lúc 17:00`, `22/11/2026 at 17:00`."""
    if time.tzinfo is None:
        raise ValueError("a time without offset has no hour in Vietnam")
    local = time.astimezone(VIETNAM)
    return f"{local:%d/%m/%Y} {_AT[language]} {local:%H:%M}"


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
