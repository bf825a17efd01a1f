"""The status numbers of the national portal, derived from ours; every status of ours has exactly one."""

from collections.abc import Mapping
from enum import IntEnum

from pydantic import BaseModel, ConfigDict, Field

from motcua_contracts import Status


class PortalNumber(IntEnum):
    """TrangThaiHoSo, as dossiers are synchronised with the national portal."""

    NEWLY_REGISTERED = 1
    ACCEPTED = 2
    NOT_ACCEPTED = 3
    IN_PROCESS = 4
    SUPPLEMENT_REQUESTED = 5
    FINANCIAL_OBLIGATION_REQUESTED = 6
    WITHDRAWAL_REQUESTED = 7
    STOPPED = 8
    FINISHED = 9
    RESULT_RETURNED = 10


class PortalStatus(BaseModel):
    """A status as the national portal shows it."""

    model_config = ConfigDict(frozen=True)

    number: int = Field(ge=1, le=10, examples=[6])
    vi: str = Field(examples=["Yêu cầu thực hiện nghĩa vụ tài chính"])
    en: str = Field(examples=["Financial obligation requested"])
    paused: bool = Field(description="Whether the portal counts this status as paused: 5, 6 and 8")


NUMBERS: Mapping[Status, PortalNumber] = {
    Status.SUBMITTED: PortalNumber.NEWLY_REGISTERED,
    Status.IDENTITY_IN_REVIEW: PortalNumber.NEWLY_REGISTERED,
    Status.IDENTITY_VERIFIED: PortalNumber.NEWLY_REGISTERED,
    Status.PAYMENT_REQUESTED: PortalNumber.FINANCIAL_OBLIGATION_REQUESTED,
    Status.FEE_SETTLED: PortalNumber.NEWLY_REGISTERED,
    Status.SUPPLEMENT_REQUESTED: PortalNumber.SUPPLEMENT_REQUESTED,
    Status.ACCEPTED: PortalNumber.ACCEPTED,
    Status.IN_PROCESS: PortalNumber.IN_PROCESS,
    Status.DECIDED: PortalNumber.FINISHED,
    Status.RESULT_RETURNED: PortalNumber.RESULT_RETURNED,
    Status.IDENTITY_REJECTED: PortalNumber.NOT_ACCEPTED,
    Status.PAYMENT_EXPIRED: PortalNumber.STOPPED,
    Status.DECLINED: PortalNumber.NOT_ACCEPTED,
    Status.STOPPED: PortalNumber.STOPPED,
    Status.WITHDRAWN: PortalNumber.WITHDRAWAL_REQUESTED,
}

_WORDS: Mapping[PortalNumber, tuple[str, str]] = {
    PortalNumber.NEWLY_REGISTERED: ("Mới đăng ký", "Newly registered"),
    PortalNumber.ACCEPTED: ("Được tiếp nhận", "Accepted"),
    PortalNumber.NOT_ACCEPTED: ("Không được tiếp nhận", "Not accepted"),
    PortalNumber.IN_PROCESS: ("Đang xử lý", "In process"),
    PortalNumber.SUPPLEMENT_REQUESTED: ("Yêu cầu bổ sung giấy tờ", "Supplement requested"),
    PortalNumber.FINANCIAL_OBLIGATION_REQUESTED: (
        "Yêu cầu thực hiện nghĩa vụ tài chính",
        "Financial obligation requested",
    ),
    PortalNumber.WITHDRAWAL_REQUESTED: ("Công dân yêu cầu rút hồ sơ", "Withdrawal requested by the citizen"),
    PortalNumber.STOPPED: ("Dừng xử lý", "Processing stopped"),
    PortalNumber.FINISHED: ("Đã xử lý xong", "Processing finished"),
    PortalNumber.RESULT_RETURNED: ("Đã trả kết quả", "Result returned"),
}

_PAUSED = frozenset(
    {PortalNumber.SUPPLEMENT_REQUESTED, PortalNumber.FINANCIAL_OBLIGATION_REQUESTED, PortalNumber.STOPPED}
)

_STATUSES = {
    number: PortalStatus(number=number.value, vi=vi, en=en, paused=number in _PAUSED)
    for number, (vi, en) in _WORDS.items()
}


def portal_status(status: Status) -> PortalStatus:
    """What the national portal shows for this status."""
    return _STATUSES[NUMBERS[status]]
