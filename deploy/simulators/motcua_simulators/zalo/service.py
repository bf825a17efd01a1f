"""What Zalo makes of a request. A repeated `tracking_id` is a second message: Zalo gives it back and blocks nothing."""

import json
import re
import time
import uuid
from collections import Counter
from typing import Any

from motcua_simulators.ledger import Entry, Ledger, timestamp
from motcua_simulators.phones import as_international

STREAMS = ("messages", "requests")

_PHONE = re.compile(r"84[35789][0-9]{8}", re.ASCII)
_TEMPLATE = re.compile(r"[0-9]{5,10}", re.ASCII)
_PARAMETER = re.compile(r"[a-z_]{1,60}", re.ASCII)
_LARGEST_VALUE = 200

ERRORS = {
    -100: "Unknown error, please try again later",
    -108: "Phone number invalid",
    -109: "Template ID invalid",
    -111: "Template data empty",
    -112: "Template data invalid",
    -118: "Zalo account not existed",
    -122: "Body data is not json format",
    -124: "Access token invalid",
    -132: "Parameter invalid",
    -139: "User reject template type",
}


class Zalo:
    """Judges requests and keeps messages."""

    def __init__(self, token: str, ledger: Ledger) -> None:
        self._token, self._ledger = token, ledger
        self._copies = Counter(entry["request_id"] for entry in ledger.entries("messages"))

    def judge(self, token: str | None, asked: Any) -> int:
        """The error code of the answer; 0 where the message would be taken."""
        if token != self._token:
            return -124
        return self._judge(asked) if isinstance(asked, dict) else -122

    def _judge(self, asked: dict[str, Any]) -> int:
        if not _PHONE.fullmatch(str(asked.get("phone", ""))):
            return -108
        if not _TEMPLATE.fullmatch(str(asked.get("template_id", ""))):
            return -109
        data = asked.get("template_data")
        if not data:
            return -111
        if not isinstance(data, dict) or not all(_PARAMETER.fullmatch(name) for name in data):
            return -112
        return 0 if all(_fits(value) for value in data.values()) and asked.get("tracking_id") else -132

    def keep(self, asked: dict[str, Any], mode: str) -> dict[str, Any]:
        """Deliver; returns the `data` of the answer."""
        entry: Entry = {
            "phone": as_international(str(asked["phone"])),
            "content": json.dumps(asked["template_data"], ensure_ascii=False, sort_keys=True),
            "request_id": str(asked["tracking_id"]),
            "template_id": str(asked["template_id"]),
            "template_data": asked["template_data"],
            "msg_id": uuid.uuid4().hex[:20],
            "at": timestamp(),
            "behaviour": mode,
        }
        self._ledger.add("messages", entry)
        self._copies[entry["request_id"]] += 1
        quota = {"dailyQuota": "100000", "remainingQuota": "99999"}
        return {"msg_id": entry["msg_id"], "sent_time": str(time.time_ns() // 1_000_000), "quota": quota}

    def witness(self, asked: Any, code: int | str, mode: str) -> None:
        """Note that somebody asked, and what was to be answered."""
        given = asked if isinstance(asked, dict) else {}
        entry = {"phone": given.get("phone"), "request_id": given.get("tracking_id"), "code": code}
        self._ledger.add("requests", {**entry, "at": timestamp(), "behaviour": mode})

    def counts(self) -> dict[str, Any]:
        """Messages, and the tracking ids that came more than once."""
        repeated = {tracking: count for tracking, count in self._copies.items() if count > 1}
        return {"messages": self._copies.total(), "by_request_id": repeated}


def _fits(value: Any) -> bool:
    return type(value) in (str, int) and 0 < len(str(value)) <= _LARGEST_VALUE
