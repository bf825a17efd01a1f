"""One provider of brand-name SMS, spoken to over the JSON interface of Vietnamese aggregators.

Source: the public documentation of eSMS, `SendMultipleMessage_V4_post_json` and its table of codes. The provider
blocks a repeated `RequestId` for 24 hours (124): a message may be asked for again where nobody saw what became of it.
"""

import re
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

import structlog

from motcua_chassis.worker import NotDoneError
from motcua_notification.settings import SmsProvider
from motcua_notification.standing import Standing
from motcua_notification.web_provider import ANSWER_SECONDS, WebProvider

log = structlog.get_logger()

PATH = "/MainService.svc/json/SendMultipleMessage_V4_post_json/"
CUSTOMER_CARE = "2"
"""The kind of message that may be sent without consent to advertising, at any hour."""

_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class Verdict(Enum):
    """What a provider said of a message."""

    ACCEPTED = "accepted"
    BLOCKED = "blocked"
    """The number is malformed, or its owner had it blocked: no other provider is asked to go around that."""
    NOT_COVERED = "not-covered"
    """This provider does not reach the number's network under our name."""
    REFUSED = "refused"
    """This provider does not take the text: its template is not registered there."""


class Reply(NamedTuple):
    """What became of a message, and how the provider names it."""

    verdict: Verdict
    reference: str


_SAID = {
    "99": Verdict.BLOCKED,
    "100": Verdict.ACCEPTED,
    "108": Verdict.BLOCKED,
    "118": Verdict.REFUSED,
    "124": Verdict.ACCEPTED,  # it has this request already
    "146": Verdict.REFUSED,
    "177": Verdict.NOT_COVERED,
}
_ABOUT_US = frozenset({"101", "102", "103", "104", "140", "300"})
"""Keys, prices, balance, brand name, address, kind of message: our account has to be mended there."""


class Aggregator:
    """Sends one message at a time."""

    def __init__(
        self,
        provider: SmsProvider,
        standing: Callable[[], Standing] = Standing,
        answer: float = ANSWER_SECONDS,
    ) -> None:
        self.code = provider.code
        self.standing = standing()
        self._account = {
            "ApiKey": provider.api_key.get_secret_value(),
            "SecretKey": provider.secret.get_secret_value(),
            "Brandname": provider.brand,
        }
        self._web = WebProvider(provider.url.rstrip("/") + PATH, answer=answer)

    async def send(self, phone: str, text: str, request_id: str) -> Reply:
        """Ask for one message; `phone` as 84..., `text` in GSM letters, `request_id` at most 50 characters.

        Raises `NotDoneError` where it was certainly not taken; any other exception leaves that open.
        """
        body = self._account | {
            "Phone": phone,
            "Content": text,
            "SmsType": CUSTOMER_CARE,
            "IsUnicode": "0",
            "RequestId": request_id,
        }
        with self.standing.watched():
            return self._read(await self._web.post(body), request_id)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._web.close()

    def _read(self, said: dict[str, Any], request_id: str) -> Reply:
        code = str(said.get("CodeResult"))
        if code in _ABOUT_US:
            log.error("sms.account-fault", provider=self.code, code=code)
            raise NotDoneError(f"{self.code}: {code}")
        if code not in _SAID:
            raise RuntimeError(f"{self.code}: code {code[:10]!r} is not in its table")
        given = str(said.get("SMSID") or "")
        return Reply(_SAID[code], given if _REFERENCE.fullmatch(given) else request_id)
