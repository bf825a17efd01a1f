"""What the aggregator makes of a request; a message is delivered once it is in the ledger, whatever is answered."""

import re
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from motcua_simulators.ledger import Entry, Ledger, timestamp
from motcua_simulators.phones import as_international

STREAMS = ("messages", "requests")
REMEMBERED = timedelta(hours=24)
"""For so long a RequestId that was accepted is blocked."""

_PHONE = re.compile(r"(84|0)[35789][0-9]{8}", re.ASCII)
_LARGEST = 459
"""Three parts of 153."""
_GSM = frozenset(
    "@$_!\"#%&'()*+,-./0123456789:;<=>? ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    "\n£¥èéùìòÇØøÅåÆæßÉ¤¡ÄÖÑÜ§¿äöñüà"
)

ERRORS = {
    "99": "Phone number is blocked",
    "101": "Authorize Failed",
    "103": "Balance not enough",
    "104": "Brand name code is not exist",
    "108": "Phone number not in correct format",
    "118": "Unsupported message type",
    "124": "Request exist 1",
    "146": "Sai template Brandname CSKH",
}


class Account(NamedTuple):
    """The customer."""

    api_key: str
    secret: str
    brand: str


class Aggregator:
    """Judges requests and keeps messages."""

    def __init__(self, account: Account, ledger: Ledger) -> None:
        self._account, self._ledger = account, ledger
        kept = ledger.entries("messages")
        self._seen = {entry["request_id"]: datetime.fromisoformat(entry["at"]) for entry in kept if entry["request_id"]}
        self._copies = Counter((entry["phone"], entry["content"]) for entry in kept)

    def judge(self, request: dict[str, Any]) -> str:
        """The code of the answer; `100` where the message would be taken."""
        given = {name: str(value) for name, value in request.items()}
        if (given.get("ApiKey"), given.get("SecretKey")) != (self._account.api_key, self._account.secret):
            return "101"
        if given.get("SmsType") != "2":
            return "118"
        if given.get("Brandname") != self._account.brand:
            return "104"
        if not _PHONE.fullmatch(given.get("Phone", "")):
            return "108"
        seen = self._seen.get(given.get("RequestId", ""))
        if seen is not None and datetime.now(UTC) - seen < REMEMBERED:
            return "124"
        content = given.get("Content", "")
        return "100" if 0 < len(content) <= _LARGEST and _GSM.issuperset(content) else "146"

    def keep(self, request: dict[str, Any], mode: str) -> str:
        """Deliver; returns the SMSID."""
        entry: Entry = {
            "phone": as_international(str(request["Phone"])),
            "content": str(request["Content"]),
            "request_id": str(request.get("RequestId") or ""),
            "sms_id": uuid.uuid4().hex,
            "brand": str(request["Brandname"]),
            "at": timestamp(),
            "behaviour": mode,
        }
        self._ledger.add("messages", entry)
        if entry["request_id"]:
            self._seen[entry["request_id"]] = datetime.fromisoformat(entry["at"])
        self._copies[entry["phone"], entry["content"]] += 1
        return str(entry["sms_id"])

    def witness(self, request: dict[str, Any], code: str, mode: str) -> None:
        """Note that somebody asked, and what was to be answered."""
        entry = {"phone": request.get("Phone"), "request_id": request.get("RequestId"), "code": code}
        self._ledger.add("requests", {**entry, "at": timestamp(), "behaviour": mode})

    def counts(self) -> dict[str, Any]:
        """Messages, and the texts that one number got more than once."""
        repeated = [
            {"phone": phone, "content": content, "count": count}
            for (phone, content), count in self._copies.items()
            if count > 1
        ]
        return {"messages": self._copies.total(), "repeated": repeated}
