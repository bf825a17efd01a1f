"""Zalo Notification Service: a message by an approved template to the Zalo account of a telephone number.

Zalo gives our `tracking_id` back with its reports, but its documentation does not say that a repeated one is ignored: a
message whose end nobody saw is never sent again by us. Source of the codes: Zalo's guide to ZNS error codes.
"""

import re
from typing import Any
from uuid import UUID

import structlog

from motcua_chassis.identifiers import name_id
from motcua_chassis.worker import Adapter, NotDoneError, Repeatable, Task
from motcua_contracts import Medium, NotificationRequested
from motcua_notification.attempts import Pool, Result
from motcua_notification.call_journal import CallJournal
from motcua_notification.domain import Accepted, NotReachable, OptedOut, Refused
from motcua_notification.recipients import Recipients
from motcua_notification.texts import Texts, ZnsMessage
from motcua_notification.untold import UntoldError, before_sending, phone_of
from motcua_notification.web_provider import WebProvider

log = structlog.get_logger()

PATH = "/message/template"

_LATER = frozenset({-100, -124})
"""An error that Zalo asks to try again; an access token that has to be renewed."""
_NOT_REACHABLE = frozenset({-108, -110, -114, -118, -119, -134, -140})
"""No account, an account that cannot receive, a version that is too old, a person who has not agreed yet."""
_UNWANTED = frozenset({-139, -141})
"""The person refused this kind of message, or all of ours, in Zalo."""
_ABOUT_US = frozenset(
    {*range(-107, -100), -115, -117, -120, -124, -125, -126, -131, *range(-138, -134), -144, -146, -147}
)
"""Application, token, balance, permission, quota: somebody has to mend it; until then the next medium tells people."""
_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class Zns(Adapter):
    """The adapter of work of kind `zns`."""

    kind = Medium.ZNS.value
    repeatable = Repeatable.NEITHER
    timeout = 25.0
    attempts = 20

    def __init__(self, recipients: Recipients, texts: Texts, pool: Pool, zalo: WebProvider) -> None:
        self._recipients, self._texts, self._pool, self._zalo = recipients, texts, pool, zalo

    async def call(self, task: Task) -> Any:
        """Send one message; an answer for `decide`."""
        journal = CallJournal.of(self._pool, task)
        request: NotificationRequested = task.state.request(journal.topic, journal.number)
        about = journal.topic, journal.number, journal.medium
        try:
            with before_sending(about):
                applicant = await self._recipients.of(task.application, request)
                message = self._texts.zns(request, task.application)
                phone = phone_of(applicant, about)
        except UntoldError as untold:
            return untold.answer
        return await self._send(journal, phone, message)

    async def close(self) -> None:
        """Let go of connections."""
        await self._zalo.close()
        await self._recipients.close()

    async def _send(self, journal: CallJournal, phone: str, message: ZnsMessage) -> Any:
        tracking = _tracking(journal.application, journal)
        body = {
            "phone": phone,
            "template_id": message.template,
            "template_data": message.data,
            "tracking_id": tracking,
        }
        call = await journal.begin()
        try:
            result, answer = _read(await self._zalo.post(body), journal, tracking)
        except NotDoneError:
            await journal.end(call, Result.UNAVAILABLE)
            raise
        except Exception:
            await journal.end(call, Result.UNCERTAIN)
            raise
        await journal.end(call, result)
        return answer


def _tracking(application: UUID, journal: CallJournal) -> str:
    return name_id(str(application), journal.medium.value, journal.topic.value, str(journal.number)).hex


def _read(said: dict[str, Any], journal: CallJournal, tracking: str) -> tuple[Result, Any]:
    about = journal.topic, journal.number, journal.medium
    code = said.get("error")
    if type(code) is not int:
        raise RuntimeError("Zalo's answer has no code")
    if code in _ABOUT_US:
        log.error("zns.account-fault", code=code)
    if code in _LATER:
        raise NotDoneError(f"Zalo: {code}")
    if code == 0:
        given = str((said.get("data") or {}).get("msg_id") or "")
        return Result.ACCEPTED, Accepted(*about, given if _REFERENCE.fullmatch(given) else tracking)
    if code in _UNWANTED:
        return Result.NOT_REACHABLE, OptedOut(*about)
    if code in _NOT_REACHABLE:
        return Result.NOT_REACHABLE, NotReachable(*about)
    return Result.REFUSED, Refused(*about)
