"""The channels that carry a message to a person: e-mail, for now.

SMTP can neither be asked about a message nor told to ignore a repetition: a message whose end nobody saw is never
sent again. The Message-ID depends on application and topic alone, so that a repetition would show.
"""

import re
from datetime import UTC, datetime
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any
from uuid import UUID

from motcua_chassis.claim_check import Applicants, ErasedError
from motcua_chassis.identifiers import name_id
from motcua_chassis.worker import NotDoneError, Repeatable, Task
from motcua_contracts import Medium, NotificationRequested, Topic
from motcua_notification.domain import ApplicantGone, MailAccepted, MailRefused, NoAddress, topic_of
from motcua_notification.letters import Letter, Letters
from motcua_notification.mail_server import Mail, MailServer, Verdict

CLAIM_CHECK_SECONDS = 5.0
"""For the name and the address; with the mail server's patience it must stay below the time-out of a call."""

_ADDRESS = re.compile(r"[!-~]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_SPECIAL = frozenset('<>()[],;:\\"')
_WIRE = compat32.clone(linesep="\r\n")


class _NoAddressError(Exception):
    """The applicant left nothing that mail could be sent to."""


class Email:
    """The adapter of work of kind `email`."""

    kind = Medium.EMAIL.value
    repeatable = Repeatable.NEITHER
    timeout = 20.0
    attempts = 20
    """With the back-off of work about ten minutes: a mail server may restart without anybody being left untold."""

    def __init__(self, applicants: Applicants, letters: Letters, server: MailServer, sender: str) -> None:
        """`sender` may have a display name: `Một cửa <khong-tra-loi@motcua.vn>`."""
        self._applicants, self._letters, self._server = applicants, letters, server
        name, self._sender = parseaddr(sender)
        self._from = formataddr((name, self._sender))
        self._domain = self._sender.rpartition("@")[2].lower()

    async def call(self, task: Task) -> Any:
        """Send one message; an answer for `decide`."""
        topic = topic_of(task.key)
        try:
            mail = await self._compose(task.application, task.state.waiting[topic])
        except ErasedError:
            return ApplicantGone(topic)
        except _NoAddressError:
            return NoAddress(topic)
        except NotDoneError:
            raise
        except Exception as error:
            raise NotDoneError(type(error).__name__) from error
        if await self._server.deliver(mail) is Verdict.REFUSED:
            return MailRefused(topic)
        return MailAccepted(topic, self._message_id(task.application, topic))

    async def close(self) -> None:
        """Let go of connections."""
        await self._server.close()
        await self._applicants.close()

    async def _compose(self, application: UUID, request: NotificationRequested) -> Mail:
        applicant = await self._applicants.of(application)
        recipient = applicant.get("email") or ""
        if not is_address(recipient):
            raise _NoAddressError
        letter = self._letters.write(request, application, applicant.get("full_name") or "")
        return Mail(self._sender, recipient, self._content(letter, recipient, application, request))

    def _content(self, letter: Letter, recipient: str, application: UUID, request: NotificationRequested) -> bytes:
        message = MIMEMultipart("alternative")
        message["From"] = self._from
        message["To"] = recipient
        message["Subject"] = Header(letter.subject, "utf-8", header_name="Subject").encode()
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = self._message_id(application, request.topic)
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = request.dossier.language.value
        message["X-Motcua-Application"] = str(application)
        message["X-Motcua-Template"] = request.template
        message.attach(MIMEText(letter.text, "plain", "utf-8"))
        message.attach(MIMEText(letter.html, "html", "utf-8"))
        return message.as_bytes(policy=_WIRE)

    def _message_id(self, application: UUID, topic: Topic) -> str:
        return f"<{name_id(str(application), self.kind, topic.value)}@{self._domain}>"


def is_address(text: str) -> bool:
    """Whether this is one plain ASCII address; quoted and internationalised ones cannot be spoken to yet."""
    return _ADDRESS.fullmatch(text) is not None and text.count("@") == 1 and not _SPECIAL & set(text)
