"""How people read where an application stands: every status and outcome in Vietnamese and English."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from motcua_contracts import Outcome, Status
from motcua_intake.working_calendar import VIETNAM


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
    Status.ACCEPTED: Words("đã tiếp nhận, đang xử lý", "accepted and in process"),
    Status.DECIDED: Words("đã xử lý xong", "decided"),
    Status.RESULT_RETURNED: Words("đã trả kết quả", "finished, its result returned"),
    Status.IDENTITY_REJECTED: Words(
        "không được tiếp nhận, thông tin nhân thân không khớp", "closed; the applicant's identity does not match"
    ),
    Status.PAYMENT_EXPIRED: Words("đã dừng xử lý, quá hạn nộp phí, lệ phí", "closed; it was not paid in time"),
}
"""Completes "Hồ sơ ..." and "The application is ..."."""

OUTCOME: Mapping[Outcome, Words] = {
    Outcome.GRANTED: Words("được chấp thuận", "granted"),
    Outcome.REFUSED: Words("bị từ chối", "refused"),
}


def standing(status: Status, appointment: datetime | None, outcome: Outcome | None) -> Words:
    """The status as one sentence, with the appointment while it is awaited and the outcome once there is one."""
    vi, en = f"Hồ sơ {STATUS[status].vi}", f"The application is {STATUS[status].en}"
    if outcome is not None:
        return Words(f"{vi}: {OUTCOME[outcome].vi}.", f"{en}: {OUTCOME[outcome].en}.")
    if appointment is not None:
        due = appointment.astimezone(VIETNAM)
        return Words(
            f"{vi}, hẹn trả kết quả lúc {due:%H:%M} ngày {due:%d/%m/%Y}.",
            f"{en}, result due {due:%d/%m/%Y} at {due:%H:%M}.",
        )
    return Words(f"{vi}.", f"{en}.")
