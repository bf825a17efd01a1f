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
    Status.SUBMITTED: Words("mới đăng ký, đang xác thực nhân thân", "newly registered, identity being checked"),
    Status.IDENTITY_IN_REVIEW: Words("chờ cán bộ xác minh nhân thân", "waiting for an officer to review the identity"),
    Status.IDENTITY_VERIFIED: Words("đã xác thực nhân thân", "identity verified"),
    Status.PAYMENT_REQUESTED: Words("chờ nộp phí, lệ phí", "waiting for payment"),
    Status.FEE_SETTLED: Words("chờ tiếp nhận", "waiting to be accepted"),
    Status.ACCEPTED: Words("đã tiếp nhận, đang xử lý", "accepted and in process"),
    Status.DECIDED: Words("đã xử lý xong", "processing finished"),
    Status.RESULT_RETURNED: Words("đã trả kết quả", "result returned"),
    Status.IDENTITY_REJECTED: Words(
        "không tiếp nhận: thông tin nhân thân không khớp", "ended: the identity does not match"
    ),
    Status.PAYMENT_EXPIRED: Words("dừng xử lý: quá hạn nộp phí, lệ phí", "ended: not paid in time"),
}

OUTCOME: Mapping[Outcome, Words] = {
    Outcome.GRANTED: Words("được giải quyết", "granted"),
    Outcome.REFUSED: Words("bị từ chối", "refused"),
}


def standing(status: Status, appointment: datetime | None, outcome: Outcome | None) -> Words:
    """The status as one sentence, with the appointment while it is awaited and the outcome once there is one."""
    vi, en = f"Hồ sơ {STATUS[status].vi}", f"Application {STATUS[status].en}"
    if outcome is not None:
        return Words(f"{vi}, {OUTCOME[outcome].vi}.", f"{en}, {OUTCOME[outcome].en}.")
    if appointment is not None:
        due = appointment.astimezone(VIETNAM)
        return Words(
            f"{vi}, hẹn trả kết quả lúc {due:%H:%M} ngày {due:%d/%m/%Y}.",
            f"{en}, result due {due:%d/%m/%Y} at {due:%H:%M}.",
        )
    return Words(f"{vi}.", f"{en}.")
