"""What payers and officers read of a payment and its refunds, in Vietnamese and English."""

from datetime import datetime
from typing import NamedTuple

from motcua_chassis.problems import Sentences
from motcua_chassis.vietnam import VIETNAM
from motcua_contracts import Closing, RefundFailure, RefundReason
from motcua_payment.refunds import Refund, RefundState
from motcua_payment.state import Phase

SENTENCES: Sentences = {
    "payment-not-found": (
        "Hồ sơ này chưa có khoản phải nộp nào.",
        "Nothing is owed for this application so far.",
    ),
    "refund-not-found": ("Không có khoản hoàn trả này.", "There is no such refund."),
    "refund-underway": (
        "Khoản này đang được hoàn trả qua cổng thanh toán; hãy chờ kết quả.",
        "This refund is underway at the gateway; wait for its result.",
    ),
    "refund-already-made": ("Khoản này đã được hoàn trả.", "This refund has been made already."),
    "refund-date-impossible": (
        "Thời điểm chuyển tiền phải sau thời điểm nộp và không ở tương lai.",
        "The transfer must lie after the payment and not in the future.",
    ),
}


class Words(NamedTuple):
    """One sentence in both languages."""

    vi: str
    en: str


_CLOSINGS = {
    Closing.WITHDRAWN: Words("hồ sơ đã được rút", "the application was withdrawn"),
    Closing.DECLINED: Words("hồ sơ không được tiếp nhận", "the application was not taken in"),
    Closing.REFUSED: Words("hồ sơ bị từ chối giải quyết", "the application was refused"),
    Closing.STOPPED: Words("hồ sơ đã dừng giải quyết", "processing of the application was stopped"),
}
_REASONS = {
    **{RefundReason(closing.value): words for closing, words in _CLOSINGS.items()},
    RefundReason.EXPIRED: Words("tiền đến sau khi hết hạn nộp", "the money came after the time to pay was over"),
    RefundReason.PAID_TWICE: Words("khoản này đã được nộp trước đó", "the fee had been paid before"),
    RefundReason.WRONG_AMOUNT: Words("số tiền nộp không đúng", "the amount was not the one asked for"),
    RefundReason.NOT_OWED: Words("hồ sơ không phải nộp khoản này", "nothing was owed"),
    RefundReason.CANCELLED: Words("tiền đến sau khi hồ sơ kết thúc", "the money came after the application had ended"),
}
_FAILURES = {
    RefundFailure.REFUSED_BY_GATEWAY: Words("cổng thanh toán từ chối", "the payment gateway refused it"),
    RefundFailure.GATEWAY_UNAVAILABLE: Words("cổng thanh toán không trả lời", "the payment gateway did not answer"),
    RefundFailure.OUTCOME_UNKNOWN: Words(
        "chưa rõ cổng thanh toán đã hoàn hay chưa, cần đối chiếu trước khi hoàn",
        "nobody knows whether the payment gateway made it: compare before paying again",
    ),
}


def dong(amount: int) -> str:
    """Money as it is written in Vietnam: 1.234.567 đ."""
    return f"{amount:,}".replace(",", ".") + " đ"


def on_day(time: datetime) -> str:
    """The day in Vietnam: 22/11/2026."""
    return f"{time.astimezone(VIETNAM):%d/%m/%Y}"


def stands(phase: Phase, closing: Closing | None, expires_at: datetime | None) -> Words:
    """How a payment stands."""
    match phase:
        case Phase.REQUESTED if expires_at is not None:
            until = f"{expires_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
            return Words(f"Chờ nộp, hạn đến {until}.", f"To be paid by {until}.")
        case Phase.CANCELLED if closing is not None:
            why = _CLOSINGS[closing]
            return Words(f"Không phải nộp nữa: {why.vi}.", f"Nothing is owed any more: {why.en}.")
        case _:
            return _PHASES[phase]


_PHASES = {
    Phase.UNKNOWN: Words("Chưa có khoản phải nộp.", "Nothing is owed so far."),
    Phase.REQUESTED: Words("Chờ nộp.", "To be paid."),
    Phase.WAIVED: Words("Không phải nộp.", "Nothing is owed."),
    Phase.SETTLED: Words("Đã nộp đủ.", "Paid in full."),
    Phase.EXPIRED: Words("Đã hết hạn nộp.", "The time to pay is over."),
    Phase.CANCELLED: Words("Không phải nộp nữa.", "Nothing is owed any more."),
}


def goes_back(refund: Refund) -> Words:
    """How a refund stands, and why it is made."""
    amount, why = dong(refund.request.amount), _REASONS[refund.request.reason]
    if refund.state is RefundState.REFUNDED and refund.made is not None:
        day = on_day(refund.made.refunded_at)
        return Words(f"Đã hoàn trả {amount} ngày {day}: {why.vi}.", f"{amount} was paid back on {day}: {why.en}.")
    if refund.state is RefundState.FAILED and refund.failure is not None:
        how = _FAILURES[refund.failure.reason]
        return Words(
            f"Chưa hoàn trả được {amount} ({how.vi}); cán bộ đang xử lý.",
            f"{amount} could not be paid back yet ({how.en}); an officer sees to it.",
        )
    return Words(f"Đang hoàn trả {amount}: {why.vi}.", f"{amount} is being paid back: {why.en}.")


def stays(amount: int, closing: Closing, act: str) -> Words:
    """Why a part of what was paid does not go back."""
    why = _CLOSINGS[closing]
    return Words(
        f"{dong(amount)} không được hoàn trả: {why.vi}, theo {act}.",
        f"{dong(amount)} does not go back: {why.en}, under {act}.",
    )
