"""How an attribute compared, and why an officer looks, in the words of citizens and officers. Vietnamese, English."""

from typing import NamedTuple

from motcua_contracts import Match, ReviewReason


class Words(NamedTuple):
    """One sentence in both languages."""

    vi: str
    en: str


_ATTRIBUTES = {
    "personal_number": Words("Số định danh cá nhân", "The personal number"),
    "full_name": Words("Họ và tên", "The full name"),
    "date_of_birth": Words("Ngày sinh", "The date of birth"),
}
_MATCHES = {
    Match.MATCH: Words(
        "khớp với Cơ sở dữ liệu quốc gia về dân cư.",
        "matches the national population database.",
    ),
    Match.MISMATCH: Words(
        "không khớp với Cơ sở dữ liệu quốc gia về dân cư.",
        "does not match the national population database.",
    ),
    Match.NOT_FOUND: Words(
        "không có trong Cơ sở dữ liệu quốc gia về dân cư.",
        "is not in the national population database.",
    ),
    Match.NOT_CHECKED: Words("chưa được đối chiếu.", "has not been compared."),
}
REVIEWS = {
    ReviewReason.PARTIAL_MATCH: Words(
        "Thông tin chỉ khớp một phần; cán bộ cần xác minh.",
        "The data match only in part; an officer has to look.",
    ),
    ReviewReason.APPLICANT_ERASED: Words(
        "Dữ liệu cá nhân của người nộp đã được xóa trước khi đối chiếu.",
        "The applicant's personal data were erased before they could be compared.",
    ),
    ReviewReason.REGISTRY_UNAVAILABLE: Words(
        "Chưa đối chiếu được với Cơ sở dữ liệu quốc gia về dân cư; cán bộ cần xác minh.",
        "The national population database could not be asked; an officer has to look.",
    ),
}


def compared(attribute: str, match: Match) -> Words:
    """What to say about one attribute."""
    name, verdict = _ATTRIBUTES[attribute], _MATCHES[match]
    return Words(f"{name.vi} {verdict.vi}", f"{name.en} {verdict.en}")
