"""The mail server, spoken to over SMTP (RFC 5321) so that it is always clear whether a message can have left.

Invariant: until the first byte of the content is written nothing can have been accepted, and every failure is a
`NotDoneError`; after that only the server's own answer counts, and every other ending leaves the outcome open.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from typing import NamedTuple

from aiosmtplib import SMTP, SMTPResponseException

from motcua_chassis.worker import NotDoneError

IDLE_SECONDS = 30.0
"""A connection unused for longer is not trusted: servers and firewalls drop them without a word."""
PATIENCE_SECONDS = 8.0
"""For everything before the content; with the claim check it must stay below the time-out of a call."""

_LEADING_DOT = re.compile(rb"(?m)^\.")
_START_CONTENT = 354


class Mail(NamedTuple):
    """An envelope and its content: a complete message with CRLF line ends."""

    sender: str
    recipient: str
    content: bytes


class Verdict(Enum):
    """What the server said of a message."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class _RefusedError(Exception):
    """5xx to the recipient or the message: trying again would not help."""


class MailServer:
    """Delivers over connections that are kept open; each serves one delivery at a time, and only after success again.

    The number of connections is the number of concurrent calls. STARTTLS is used where it is offered.
    """

    def __init__(self, host: str, port: int, name: str, patience: float = PATIENCE_SECONDS) -> None:
        """`name` is what we call ourselves in EHLO."""
        self._host, self._port, self._name, self._patience = host, port, name, patience
        self._idle: list[tuple[float, SMTP]] = []

    async def deliver(self, mail: Mail) -> Verdict:
        """Hand one message over. Raises `NotDoneError` where it was certainly not taken; others leave it open."""
        content_began = False
        try:
            async with asyncio.timeout(self._patience) as limit, self._connection() as connection:
                await _announce(connection, mail)
                limit.reschedule(None)
                content_began = True
                return await _hand_over(connection, mail.content)
        except _RefusedError:
            return Verdict.REFUSED
        except NotDoneError:
            raise
        except Exception as error:
            if content_began:
                raise
            raise NotDoneError(type(error).__name__) from error

    async def close(self) -> None:
        """Drop the connections."""
        while self._idle:
            self._idle.pop()[1].close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[SMTP]:
        connection = self._take_idle() or await self._connect()
        try:
            yield connection
        except BaseException:
            connection.close()  # its dialogue broke off at a point nobody knows
            raise
        self._idle.append((time.monotonic(), connection))

    def _take_idle(self) -> SMTP | None:
        while self._idle:
            since, connection = self._idle.pop()
            if connection.is_connected and time.monotonic() - since < IDLE_SECONDS:
                return connection
            connection.close()
        return None

    async def _connect(self) -> SMTP:
        connection = SMTP(hostname=self._host, port=self._port, local_hostname=self._name, timeout=None)
        await connection.connect()
        return connection


async def _announce(connection: SMTP, mail: Mail) -> None:
    """Go as far as the server's permission to send the content.

    A 5xx before the recipient is named speaks of us, not of this message: another attempt may fare better.
    """
    await connection.mail(mail.sender)
    try:
        await connection.rcpt(mail.recipient)
        start = await connection.execute_command(b"DATA")
        if start.code != _START_CONTENT:
            raise _rejection(start.code)
    except SMTPResponseException as answer:
        raise _rejection(answer.code) from None  # the answer's text may quote the address


async def _hand_over(connection: SMTP, content: bytes) -> Verdict:
    """The library's own `data` cannot tell a connection lost before the content from one lost after it."""
    protocol = connection.protocol
    if protocol is None or not protocol.is_connected:
        raise NotDoneError("the connection was lost before the content")
    protocol.write(_LEADING_DOT.sub(b"..", content) + b".\r\n")
    code = (await protocol.read_response()).code
    if code // 100 == 2:
        return Verdict.ACCEPTED
    if code // 100 in (4, 5):
        raise _rejection(code)
    raise RuntimeError(f"the mail server answered {code} to a message")


def _rejection(code: int) -> Exception:
    return _RefusedError(str(code)) if code // 100 == 5 else NotDoneError(str(code))
