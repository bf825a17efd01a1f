"""What a check found, why an officer looks and how it stands, in the words of citizens and officers. Both languages."""

from typing import NamedTuple

from motcua_contracts import Match, ReviewReason, Verdict
from motcua_identity.domain import Phase


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
_NOT_COMPARED = {
    ReviewReason.TWO_CANDIDATES: Words(
        "chưa đối chiếu được vì hai bản ghi được tìm thấy không giống nhau.",
        "could not be compared, because the two records that were found differ.",
    ),
    ReviewReason.CONTRADICTORY_ANSWER: Words(
        "chưa đối chiếu được vì các câu trả lời nhận được mâu thuẫn nhau.",
        "could not be compared, because the answer contradicts itself.",
    ),
    ReviewReason.APPLICANT_ERASED: Words(
        "chưa được đối chiếu vì dữ liệu cá nhân đã được xóa.",
        "has not been compared, because the personal data were erased.",
    ),
    ReviewReason.REGISTRY_UNAVAILABLE: Words(
        "chưa được đối chiếu vì Cơ sở dữ liệu quốc gia về dân cư không trả lời.",
        "has not been compared, because the national population database did not answer.",
    ),
}
_ANSWER_ABOUT_ANOTHER = Words(
    "khác với số trong câu trả lời của Cơ sở dữ liệu quốc gia về dân cư.",
    "differs from the one in the answer of the national population database.",
)
REVIEWS = {
    ReviewReason.PARTIAL_MATCH: Words(
        "Thông tin chỉ khớp một phần; cán bộ cần xác minh.",
        "The data match only in part; an officer has to look.",
    ),
    ReviewReason.TWO_CANDIDATES: Words(
        "Cơ sở dữ liệu quốc gia về dân cư trả về hai người khác nhau; cán bộ cần xác minh.",
        "The national population database names two different people; an officer has to look.",
    ),
    ReviewReason.CONTRADICTORY_ANSWER: Words(
        "Câu trả lời của Cơ sở dữ liệu quốc gia về dân cư mâu thuẫn; cán bộ cần xác minh.",
        "The answer of the national population database contradicts itself; an officer has to look.",
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
_STANDINGS = {
    Phase.REQUESTED: Words(
        "Đang đối chiếu với Cơ sở dữ liệu quốc gia về dân cư.",
        "Being compared with the national population database.",
    ),
    Phase.IN_REVIEW: Words("Đang chờ cán bộ xác minh danh tính.", "Waiting for an officer to verify the identity."),
    Phase.VERIFIED: Words("Danh tính đã được xác minh", "The identity is verified"),
    Phase.REJECTED: Words("Danh tính không được xác nhận", "The identity is not confirmed"),
    Phase.CANCELLED: Words(
        "Hồ sơ đã được rút; danh tính không được đối chiếu nữa.",
        "The application was withdrawn; the identity is not checked any more.",
    ),
}
_SECOND = Words(
    "Một cán bộ đã xem xét; đang chờ cán bộ thứ hai xác nhận.",
    "One officer has looked; a second one has to confirm.",
)
_BY = (
    Words("qua Cơ sở dữ liệu quốc gia về dân cư.", "by the national population database."),
    Words("bởi một cán bộ.", "by an officer."),
    Words("bởi hai cán bộ.", "by two officers."),
)
VERDICTS = {
    Verdict.VERIFIED: Words("Xác nhận đúng người nộp.", "The applicant is who they say they are."),
    Verdict.REJECTED: Words("Không xác nhận được người nộp.", "The applicant is not who they say they are."),
}
TWO_OFFICERS = Words(
    "Cần hai cán bộ cùng xác nhận danh tính.",
    "Two officers have to agree on the identity.",
)
"""Where the rule that demanded it has left the reference data."""


def compared(attribute: str, match: Match, review: ReviewReason | None = None) -> Words:
    """What to say about one attribute, given why an officer had to look."""
    name, found = _ATTRIBUTES[attribute], _MATCHES[match]
    if match is Match.NOT_CHECKED and review is not None:
        found = _NOT_COMPARED.get(review, found)
    if match is Match.MISMATCH and attribute == "personal_number" and review is ReviewReason.CONTRADICTORY_ANSWER:
        found = _ANSWER_ABOUT_ANOTHER
    return Words(f"{name.vi} {found.vi}", f"{name.en} {found.en}")


def standing(phase: Phase, officers: int, *, proposed: bool) -> Words:
    """How a check stands; `officers`: how many gave the verdict, `proposed`: whether one has and another must."""
    if phase is Phase.IN_REVIEW and proposed:
        return _SECOND
    said = _STANDINGS[phase]
    if phase not in {Phase.VERIFIED, Phase.REJECTED}:
        return said
    by = _BY[min(officers, 2)]
    return Words(f"{said.vi} {by.vi}", f"{said.en} {by.en}")
