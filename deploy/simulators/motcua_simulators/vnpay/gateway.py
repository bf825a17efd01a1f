"""Takes the payer's money: once an order unless the payer insists, and in the ledger before anybody hears of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from motcua_simulators.ledger import Ledger, timestamp
from motcua_simulators.vnpay.order import VIETNAM, Order, OrderRefusedError, read_order
from motcua_simulators.vnpay.signature import signed_query

STREAMS = ("merchant", "results", "ipn", "refunds")
BANK = "NCB"
PAID = "00"
DECLINED = frozenset({"09", "10", "11", "12", "13", "24", "51", "65", "75", "79", "99"})
"""Answers that take no money; 24 is the payer who cancels."""
HELD = "07"
"""The payer's bank took the money, and VNPay holds it under suspicion. Paying again stands for its release."""
_STATUSES = {PAID: "00", HELD: "07"}
_FIRST_TRANSACTION = 14_000_001


class AlreadyPaidError(ValueError):
    """The order was paid before and the payer did not insist."""


@dataclass(slots=True)
class Merchant:
    """The one merchant served."""

    tmn_code: str
    secret: str
    ipn_url: str | None = None
    minimum_amount: int = 1
    """VND; less is refused."""


class Gateway:
    """Reads orders and settles them."""

    def __init__(self, merchant: Merchant, ledger: Ledger) -> None:
        self.merchant, self.ledger = merchant, ledger
        for entry in ledger.entries("merchant"):
            merchant.ipn_url = entry["ipn_url"]
        self._paid = {result["txn_ref"] for result in self.charges()}

    def name_ipn_url(self, ipn_url: str) -> None:
        self.merchant.ipn_url = ipn_url
        self.ledger.add("merchant", {"ipn_url": ipn_url})

    def read(self, query: str, *, ignore_expiry: bool = False) -> Order:
        now = None if ignore_expiry else datetime.now(VIETNAM)
        order = read_order(query, self.merchant.tmn_code, self.merchant.secret, now)
        if order.amount < self.merchant.minimum_amount:
            raise OrderRefusedError("32", f"less than {self.merchant.minimum_amount} VND cannot be paid")
        return order

    def is_paid(self, order: Order) -> bool:
        return order.txn_ref in self._paid

    def charges(self, limit: int | None = None) -> list[dict[str, Any]]:
        charges = [result for result in self.ledger.entries("results") if result["response_code"] == PAID]
        return charges if limit is None else charges[len(charges) - min(limit, len(charges)) :]

    def settle(self, order: Order, code: str, *, again: bool, amount: int | None = None) -> dict[str, Any]:
        """Charge the payer (or not: `code`) and return the ledger's entry, whose `query` the merchant is told.

        `amount`, in VND, is what the payer's bank sends in place of what was asked.
        """
        if self.is_paid(order) and not again:
            raise AlreadyPaidError(order.txn_ref)
        amount = order.amount if amount is None else amount
        number = len(self.ledger.entries("results"))
        transaction_no = str(_FIRST_TRANSACTION + number) if code in _STATUSES else "0"
        result = {
            "id": number,
            "txn_ref": order.txn_ref,
            "created": order.created,
            "amount": amount,
            "transaction_no": transaction_no,
            "response_code": code,
            "bank": BANK,
            "at": timestamp(),
            "query": self._told(order, code, transaction_no, amount),
        }
        self.ledger.add("results", result)
        if code == PAID:
            self._paid.add(order.txn_ref)
        return result

    def _told(self, order: Order, code: str, transaction_no: str, amount: int) -> str:
        parameters = {
            "vnp_TmnCode": self.merchant.tmn_code,
            "vnp_TxnRef": order.txn_ref,
            "vnp_Amount": str(amount * 100),
            "vnp_OrderInfo": order.info,
            "vnp_BankCode": BANK,
            "vnp_BankTranNo": f"VNP{transaction_no}" if code in _STATUSES else "",
            "vnp_CardType": "ATM",
            "vnp_PayDate": datetime.now(VIETNAM).strftime("%Y%m%d%H%M%S"),
            "vnp_TransactionNo": transaction_no,
            "vnp_ResponseCode": code,
            "vnp_TransactionStatus": status_of(code),
        }
        return signed_query(self.merchant.secret, parameters)


def status_of(code: str) -> str:
    """vnp_TransactionStatus of a payment that ended with this code."""
    return _STATUSES.get(code, "02")
