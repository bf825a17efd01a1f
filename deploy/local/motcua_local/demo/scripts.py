"""The journeys of the mix, as scripts: what the outside world holds ready and what each person does. Data, not code.

A script fixes the end an application must reach, what becomes of the money, and how many messages the citizen gets.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from motcua_contracts import Capacity, Status, Verdict


class Journey(StrEnum):
    """One kind of story an application can have."""

    PAID = "paid"
    FREE = "free-of-charge"
    REJECTED = "identity-rejected"
    REVIEWED = "reviewed-and-verified"
    REVIEW_REJECTED = "reviewed-and-rejected"
    FOUR_EYES = "reviewed-by-two"
    REGISTRY_AWAY = "registry-away"
    SUPPLEMENTED = "supplemented"
    SUPPLEMENTED_TWICE = "supplemented-twice"
    SUPPLEMENT_OVERDUE = "supplement-overdue"
    EXTENDED = "extended-with-apology"
    EXPIRED = "payment-expired"
    PAID_LATE = "paid-after-expiry"
    PAID_TWICE = "paid-twice"
    WRONG_AMOUNT = "wrong-amount"
    NOTICED_AGAIN = "notices-repeated"
    WITHDRAWN_AT_ONCE = "withdrawn-before-identity"
    WITHDRAWN_UNPAID = "withdrawn-before-payment"
    WITHDRAWN_PAID = "withdrawn-after-payment"
    WITHDRAWN_TOO_LATE = "withdrawn-too-late"
    DECLINED = "declined-and-refunded"
    REFUSED = "refused-fee-kept"
    REFUND_FAILS = "refund-refused-by-the-gateway"
    REFUND_RETRIED = "refund-retried"
    REFUND_UNANSWERED = "refund-unanswered"
    UNREACHABLE = "first-medium-unreachable"
    ASSISTED = "assisted-at-the-counter"
    REPRESENTED = "filed-by-a-representative"


class Registry(StrEnum):
    """What the population registry has to say about the applicant."""

    MATCH = "match"
    NOBODY = "nobody-or-somebody-else"
    OTHER_NAME = "other-name"
    TWO = "two-candidates"
    CONTRADICTS = "contradicts-itself"
    AWAY = "does-not-answer"
    SLOW = "answers-after-seconds"


class Payer(StrEnum):
    """What whoever has to pay does."""

    ONCE = "once"
    NEVER = "never"
    TWICE = "twice"
    WRONG_THEN_RIGHT = "wrong-amount-then-right"
    LATE = "after-expiry"
    NOTICED_THRICE = "noticed-three-times-out-of-order"


class Moment(StrEnum):
    """When a citizen changes their mind."""

    SUBMITTED = "submitted"
    PAYMENT_REQUESTED = "payment-requested"
    FEE_SETTLED = "fee-settled"
    DECIDED = "decided"


class Fee(StrEnum):
    """Which forms a journey draws from."""

    OWED = "owed"
    NONE = "none"
    PER_PAGE = "per-page"
    """A fee of a certified copy, which goes back as long as nothing was certified."""
    KEPT = "kept"
    """A fee that stays when the agency refuses."""
    FOUR_EYES = "four-eyes"


class Refunds(StrEnum):
    """How the gateway treats the first orders to refund."""

    MADE = "normal"
    REFUSED = "refund-refused"
    FAILS_TWICE = "refund-fails"
    UNANSWERED = "refund-lost"


class Money(StrEnum):
    """What the payer is left with in the end."""

    NOTHING_PAID = "nothing-paid"
    KEPT = "kept"
    RETURNED = "returned"
    RETURNED_BY_TREASURY = "returned-by-treasury"


@dataclass(frozen=True)
class Step:
    """What an officer does with an application that waits for them."""

    verb: str
    form: dict[str, Any]


ACCEPT = Step("accept", {})
START = Step("start", {})
GRANT = Step("decide", {"outcome": "granted"})
RETURN = Step("return", {"handover": "electronic"})
SUPPLEMENT = Step("supplement", {})
"""The players fill in what is marked: it depends on the procedure."""
EXTEND = Step("extend", {"working_days": 2, "ground": "other-agency-late", "words": "Chờ xác minh từ nơi cư trú cũ."})
DECLINE = Step("decline", {"ground": "not-competent", "words": "Hồ sơ thuộc thẩm quyền của cơ quan khác."})
REFUSE = Step("decide", {"outcome": "refused", "ground": "conditions-not-met", "words": "Chưa đủ điều kiện."})

_SERVED = (ACCEPT, GRANT, RETURN)


@dataclass(frozen=True)
class Script:
    """One journey. `share` is of 1,000 applications."""

    share: int
    end: Status = Status.RESULT_RETURNED
    fee: Fee = Fee.OWED
    money: Money = Money.KEPT
    registry: Registry = Registry.MATCH
    review: tuple[Verdict, ...] = ()
    """What the officers of the review queue find, one after the other."""
    payer: Payer = Payer.ONCE
    desk: tuple[Step, ...] = _SERVED
    answers: bool = True
    """Whether the citizen supplies what an officer marked."""
    withdraws: Moment | None = None
    filed_by: Capacity | None = None
    refunds: Refunds = Refunds.MADE
    unreachable: bool = False
    """The first medium the citizen asked for does not reach them: the next one does."""


_OK = Verdict.VERIFIED
_RETURNED, _KEPT, _UNPAID = Money.RETURNED, Money.KEPT, Money.NOTHING_PAID


def _withdrawn(share: int, when: Moment, **more: Any) -> "Script":
    return Script(share, Status.WITHDRAWN, withdraws=when, desk=(), **more)


SCRIPTS: dict[Journey, Script] = {
    Journey.PAID: Script(360),
    Journey.FREE: Script(180, fee=Fee.NONE, money=_UNPAID, desk=(ACCEPT, START, GRANT, RETURN)),
    Journey.REJECTED: Script(60, Status.IDENTITY_REJECTED, money=_UNPAID, registry=Registry.NOBODY),
    Journey.REVIEWED: Script(30, registry=Registry.OTHER_NAME, review=(_OK,)),
    Journey.REVIEW_REJECTED: Script(
        10, Status.IDENTITY_REJECTED, money=_UNPAID, registry=Registry.TWO, review=(Verdict.REJECTED,)
    ),
    Journey.FOUR_EYES: Script(10, fee=Fee.FOUR_EYES, registry=Registry.CONTRADICTS, review=(_OK, _OK)),
    Journey.REGISTRY_AWAY: Script(10, registry=Registry.AWAY, review=(_OK,)),
    Journey.SUPPLEMENTED: Script(40, desk=(SUPPLEMENT, ACCEPT, GRANT, RETURN)),
    Journey.SUPPLEMENTED_TWICE: Script(20, desk=(ACCEPT, SUPPLEMENT, START, SUPPLEMENT, GRANT, RETURN)),
    Journey.SUPPLEMENT_OVERDUE: Script(
        10, Status.STOPPED, fee=Fee.PER_PAGE, money=_RETURNED, desk=(SUPPLEMENT,), answers=False
    ),
    Journey.EXTENDED: Script(10, desk=(ACCEPT, EXTEND, GRANT, RETURN)),
    Journey.EXPIRED: Script(20, Status.PAYMENT_EXPIRED, money=_UNPAID, payer=Payer.NEVER),
    Journey.PAID_LATE: Script(10, Status.PAYMENT_EXPIRED, money=_RETURNED, payer=Payer.LATE),
    Journey.PAID_TWICE: Script(20, payer=Payer.TWICE),
    Journey.WRONG_AMOUNT: Script(10, payer=Payer.WRONG_THEN_RIGHT),
    Journey.NOTICED_AGAIN: Script(20, payer=Payer.NOTICED_THRICE),
    Journey.WITHDRAWN_AT_ONCE: _withdrawn(
        20, Moment.SUBMITTED, money=_UNPAID, payer=Payer.NEVER, registry=Registry.SLOW
    ),
    Journey.WITHDRAWN_UNPAID: _withdrawn(20, Moment.PAYMENT_REQUESTED, money=_UNPAID, payer=Payer.NEVER),
    Journey.WITHDRAWN_PAID: _withdrawn(20, Moment.FEE_SETTLED, fee=Fee.PER_PAGE, money=_RETURNED),
    Journey.WITHDRAWN_TOO_LATE: Script(10, withdraws=Moment.DECIDED),
    Journey.DECLINED: Script(20, Status.DECLINED, fee=Fee.PER_PAGE, money=_RETURNED, desk=(DECLINE,)),
    Journey.REFUSED: Script(20, fee=Fee.KEPT, desk=(ACCEPT, REFUSE, RETURN)),
    Journey.REFUND_FAILS: _withdrawn(
        10, Moment.FEE_SETTLED, fee=Fee.PER_PAGE, money=Money.RETURNED_BY_TREASURY, refunds=Refunds.REFUSED
    ),
    Journey.REFUND_RETRIED: _withdrawn(
        10, Moment.FEE_SETTLED, fee=Fee.PER_PAGE, money=_RETURNED, refunds=Refunds.FAILS_TWICE
    ),
    Journey.REFUND_UNANSWERED: _withdrawn(
        10, Moment.FEE_SETTLED, fee=Fee.PER_PAGE, money=_RETURNED, refunds=Refunds.UNANSWERED
    ),
    Journey.UNREACHABLE: Script(10, unreachable=True),
    Journey.ASSISTED: Script(20, filed_by=Capacity.COUNTER_OFFICER),
    Journey.REPRESENTED: Script(10, filed_by=Capacity.REPRESENTATIVE),
}
