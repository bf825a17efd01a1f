"""E-mail. SMTP can neither be asked about a message nor told to ignore a repetition.

Invariant: a message whose end nobody saw is never sent again by us. The Message-ID depends on application and occasion
alone, so that a repetition would show.
"""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any
from uuid import UUID

from motcua_chassis.identifiers import name_id
from motcua_chassis.worker import Adapter, NotDoneError, Repeatable, Task
from motcua_contracts import Medium, NotificationRequested
from motcua_notification.attempts import Pool, Result
from motcua_notification.call_journal import CallJournal
from motcua_notification.domain import Accepted, NoAddress, Refused
from motcua_notification.letters import Letter, Letters
from motcua_notification.mail_server import Mail, MailServer, Verdict
from motcua_notification.recipients import Recipients
from motcua_notification.untold import UntoldError, before_sending

_ADDRESS = re.compile(r"[!-~]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_SPECIAL = frozenset('<>()[],;:\\"')
_WIRE = compat32.clone(linesep="\r\n")


class Email(Adapter):
    """The adapter of work of kind `email`. Only failures are noted: a success is in `NotificationSent`."""

    kind = Medium.EMAIL.value
    repeatable = Repeatable.NEITHER
    timeout = 20.0
    attempts = 20
    """With the back-off of work about ten minutes: a mail server may restart without anybody being left untold."""

    def __init__(self, recipients: Recipients, letters: Letters, pool: Pool, server: MailServer, sender: str) -> None:
        """`sender` may have a display name: `Một cửa <khong-tra-loi@motcua.vn>`."""
        self._recipients, self._letters, self._pool, self._server = recipients, letters, pool, server
        name, self._sender = parseaddr(sender)
        self._from = formataddr((name, self._sender))
        self._domain = self._sender.rpartition("@")[2].lower()

    async def call(self, task: Task) -> Any:
        """Send one message; an answer for `decide`."""
        journal = CallJournal.of(self._pool, task)
        request: NotificationRequested = task.state.request(journal.topic, journal.number)
        about = journal.topic, journal.number, journal.medium
        try:
            with before_sending(about):
                applicant = await self._recipients.of(task.application, request)
                recipient = applicant.get("email") or ""
                if not is_address(recipient):
                    return NoAddress(*about)
                mail = self._compose(request, task.application, recipient, applicant)
        except UntoldError as untold:
            return untold.answer
        if await self._deliver(mail, journal) is Verdict.REFUSED:
            return Refused(*about)
        return Accepted(*about, self._message_id(task.application, request))

    async def close(self) -> None:
        """Let go of connections."""
        await self._server.close()
        await self._recipients.close()

    async def _deliver(self, mail: Mail, journal: CallJournal) -> Verdict:
        try:
            verdict = await self._server.deliver(mail)
        except NotDoneError:
            await journal.note(Result.UNAVAILABLE)
            raise
        except (Exception, asyncio.CancelledError):
            await journal.note(Result.UNCERTAIN)
            raise
        if verdict is Verdict.REFUSED:
            await journal.note(Result.REFUSED)
        return verdict

    def _compose(
        self, request: NotificationRequested, application: UUID, recipient: str, applicant: Mapping[str, Any]
    ) -> Mail:
        name, notes = applicant.get("full_name") or "", applicant.get("notes") or {}
        letter = self._letters.write(request, application, name, notes)
        return Mail(self._sender, recipient, self._content(letter, recipient, application, request))

    def _content(self, letter: Letter, recipient: str, application: UUID, request: NotificationRequested) -> bytes:
        message = MIMEMultipart("alternative")
        message["From"] = self._from
        message["To"] = recipient
        message["Subject"] = Header(letter.subject, "utf-8", header_name="Subject").encode()
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = self._message_id(application, request)
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = request.dossier.language.value
        message["X-Motcua-Application"] = str(application)
        message["X-Motcua-Template"] = request.template
        message.attach(MIMEText(letter.text, "plain", "utf-8"))
        message.attach(MIMEText(letter.html, "html", "utf-8"))
        return message.as_bytes(policy=_WIRE)

    def _message_id(self, application: UUID, request: NotificationRequested) -> str:
        occasion = name_id(str(application), self.kind, request.topic.value, str(request.number))
        return f"<{occasion}@{self._domain}>"


def is_address(text: str) -> bool:
    """Whether this is one plain ASCII address; quoted and internationalised ones cannot be spoken to yet."""
    return _ADDRESS.fullmatch(text) is not None and text.count("@") == 1 and not _SPECIAL & set(text)
