"""How people read where an application stands: every status, outcome, ground and event in Vietnamese and English."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from motcua_chassis.vietnam import VIETNAM
from motcua_contracts import ExtensionGround, Outcome, RefusalGround, Status, StopReason, SupplementReason


class Words(NamedTuple):
    """One sentence or phrase in both languages."""

    vi: str
    en: str


STATUS: Mapping[Status, Words] = {
    Status.SUBMITTED: Words(
        "mới đăng ký, đang xác thực nhân thân", "newly registered; the applicant's identity is being checked"
    ),
    Status.IDENTITY_IN_REVIEW: Words(
        "đang chờ cán bộ xác minh nhân thân", "waiting for an officer to review the applicant's identity"
    ),
    Status.IDENTITY_VERIFIED: Words("đã xác thực nhân thân", "past the identity check"),
    Status.PAYMENT_REQUESTED: Words("đang chờ nộp phí, lệ phí", "waiting for payment"),
    Status.FEE_SETTLED: Words("đang chờ tiếp nhận", "waiting to be accepted"),
    Status.SUPPLEMENT_REQUESTED: Words(
        "đang chờ bổ sung, thời hạn giải quyết tạm dừng",
        "waiting for what is missing, and meanwhile its time limit stands still",
    ),
    Status.ACCEPTED: Words("đã tiếp nhận, đang xử lý", "accepted and in process"),
    Status.IN_PROCESS: Words("đang được cán bộ giải quyết", "being worked on"),
    Status.DECIDED: Words("đã xử lý xong", "decided"),
    Status.RESULT_RETURNED: Words("đã trả kết quả", "finished, its result returned"),
    Status.IDENTITY_REJECTED: Words(
        "không được tiếp nhận, thông tin nhân thân không khớp", "closed; the applicant's identity does not match"
    ),
    Status.PAYMENT_EXPIRED: Words("đã dừng xử lý, quá hạn nộp phí, lệ phí", "closed; it was not paid in time"),
    Status.DECLINED: Words("không được tiếp nhận", "closed; the agency did not take it in"),
    Status.STOPPED: Words("đã dừng xử lý, quá hạn bổ sung", "closed; what was missing did not come in time"),
    Status.WITHDRAWN: Words("đã được rút", "withdrawn"),
}
"""Completes "Hồ sơ ..." and "The application is ..."."""

OUTCOME: Mapping[Outcome, Words] = {
    Outcome.GRANTED: Words("được chấp thuận", "granted"),
    Outcome.REFUSED: Words("bị từ chối", "refused"),
}

SUPPLEMENT_REASON: Mapping[SupplementReason, Words] = {
    SupplementReason.MISSING: Words("còn thiếu", "missing"),
    SupplementReason.UNREADABLE: Words("không đọc được", "unreadable"),
    SupplementReason.WRONG: Words("chưa đúng", "wrong"),
    SupplementReason.OUTDATED: Words("đã hết hiệu lực", "out of date"),
    SupplementReason.INCONSISTENT: Words("không thống nhất với nội dung khác", "contradicts something else"),
}

GROUND: Mapping[str, Words] = {
    RefusalGround.NOT_COMPETENT: Words("không thuộc thẩm quyền giải quyết", "another agency is competent"),
    RefusalGround.INCOMPLETE: Words("hồ sơ chưa đầy đủ", "the application is incomplete"),
    RefusalGround.CONDITIONS_NOT_MET: Words("chưa đủ điều kiện theo quy định", "the conditions are not met"),
    RefusalGround.FALSE_INFORMATION: Words("thông tin kê khai không đúng sự thật", "it holds false information"),
    RefusalGround.DUPLICATE: Words("trùng với hồ sơ đã nộp", "it was filed before"),
    ExtensionGround.VERIFICATION_PENDING: Words("đang chờ kết quả xác minh", "facts are still being verified"),
    ExtensionGround.OTHER_AGENCY_LATE: Words("cơ quan phối hợp chưa trả lời", "another agency has not answered yet"),
    ExtensionGround.WORKLOAD: Words("khối lượng hồ sơ quá lớn", "there are too many applications"),
    ExtensionGround.FORCE_MAJEURE: Words("sự kiện bất khả kháng", "force majeure"),
    StopReason.SUPPLEMENT_OVERDUE: Words("quá hạn bổ sung hồ sơ", "what was missing did not come in time"),
}
"""Why an agency declines, refuses, extends or stops."""

EVENT: Mapping[str, Words] = {
    "application-submitted": Words("Đã nộp hồ sơ", "Filed"),
    "application-status-changed": Words("Chuyển trạng thái", "Moved on"),
    "application-accepted": Words("Tiếp nhận hồ sơ và hẹn trả kết quả", "Taken in, with an appointment"),
    "application-declined": Words("Từ chối tiếp nhận hồ sơ", "Not taken in"),
    "supplement-requested": Words("Yêu cầu bổ sung hồ sơ", "Supplement requested"),
    "application-supplemented": Words("Đã bổ sung hồ sơ", "Supplemented"),
    "processing-started": Words("Bắt đầu giải quyết", "Work began"),
    "appointment-extended": Words("Xin lỗi và hẹn lại ngày trả kết quả", "Apology, and a later appointment"),
    "application-stopped": Words("Dừng giải quyết hồ sơ", "Stopped"),
    "application-withdrawn": Words("Đã rút hồ sơ", "Withdrawn"),
    "application-decided": Words("Có quyết định giải quyết", "Decided"),
    "result-returned": Words("Đã trả kết quả", "Result returned"),
}
"""What happened, by the name of intake's event."""

_OVERDUE = Words("đang chờ bổ sung, đã quá hạn trả kết quả", "waiting for what is missing, and its result is overdue")
"""In the place of the status where there was no time left to stand still."""
_AWAITED = frozenset({Status.ACCEPTED, Status.IN_PROCESS})


def standing(
    status: Status, appointment: datetime | None, outcome: Outcome | None, respond_by: datetime | None = None
) -> Words:
    """The status as one sentence: with the appointment while it is awaited, the date by which a supplement must come,
    and the outcome once there is one.
    """
    vi, en = f"Hồ sơ {STATUS[status].vi}", f"The application is {STATUS[status].en}"
    if outcome is not None:
        return Words(f"{vi}: {OUTCOME[outcome].vi}.", f"{en}: {OUTCOME[outcome].en}.")
    if respond_by is not None and status is Status.SUPPLEMENT_REQUESTED:
        last = respond_by.astimezone(VIETNAM)
        if appointment is not None:
            vi, en = f"Hồ sơ {_OVERDUE.vi}", f"The application is {_OVERDUE.en}"
        return Words(
            f"{vi}; đề nghị bổ sung trước {last:%H:%M} ngày {last:%d/%m/%Y}.",
            f"{en}; please supply it before {last:%H:%M} on {last:%d/%m/%Y}.",
        )
    if appointment is not None and status in _AWAITED:
        due = appointment.astimezone(VIETNAM)
        return Words(
            f"{vi}, hẹn trả kết quả lúc {due:%H:%M} ngày {due:%d/%m/%Y}.",
            f"{en}, result due {due:%d/%m/%Y} at {due:%H:%M}.",
        )
    return Words(f"{vi}.", f"{en}.")
