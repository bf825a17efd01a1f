"""SMS: a few providers in order, of which the first in good standing sends.

Invariant: where one provider may hold a message, only that one is ever asked about it, with the same request id.
Another one sends it only after every call before certainly had no effect. A call is committed before it is made.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from motcua_chassis.identifiers import name_id
from motcua_chassis.message import Exhausted
from motcua_chassis.worker import Adapter, NotDoneError, Repeatable, Task
from motcua_contracts import Medium, NotificationRequested
from motcua_notification.aggregator import Aggregator, Reply, Verdict
from motcua_notification.attempts import Attempt, Pool, Result
from motcua_notification.call_journal import CallJournal
from motcua_notification.domain import Accepted, ApplicantGone, NotReachable, Refused
from motcua_notification.recipients import Recipients
from motcua_notification.texts import Texts
from motcua_notification.untold import UntoldError, before_sending, phone_of

REMEMBERED = timedelta(hours=20)
"""Providers know a request id for 24 hours; after that a repetition would be a second message."""

_RESULTS = {
    Verdict.ACCEPTED: Result.ACCEPTED,
    Verdict.BLOCKED: Result.NOT_REACHABLE,
    Verdict.NOT_COVERED: Result.NOT_REACHABLE,
    Verdict.REFUSED: Result.REFUSED,
}
_OPEN = (None, Result.UNCERTAIN)
_REFUSALS = (Result.REFUSED, Result.NOT_REACHABLE)


class StillOpenError(Exception):
    """The provider that may hold the message could not be asked about it."""


class Sms(Adapter):
    """The adapter of work of kind `sms`."""

    kind = Medium.SMS.value
    repeatable = Repeatable.IDEMPOTENT
    timeout = 30.0
    attempts = 20

    def __init__(self, recipients: Recipients, texts: Texts, pool: Pool, providers: Sequence[Aggregator]) -> None:
        self._recipients, self._texts, self._pool = recipients, texts, pool
        self._providers = providers

    async def call(self, task: Task) -> Any:
        """Send one message, or ask the provider that may hold it; an answer for `decide`."""
        journal = CallJournal.of(self._pool, task)
        request: NotificationRequested = task.state.request(journal.topic, journal.number)
        history = await journal.history()
        opened = [attempt for attempt in history if attempt.result in _OPEN]
        try:
            phone, text = await self._prepare(task, request)
        except UntoldError as untold:
            if opened and not isinstance(untold.answer, ApplicantGone):
                return Exhausted(task.key, self.kind, uncertain=True)
            return untold.answer
        message = _Message(task.application, journal, history, phone, text)
        if not opened:
            return await message.send(self._in_order())
        holder = self._holder(opened, request)
        if holder is None:
            return Exhausted(task.key, self.kind, uncertain=True)
        return await message.ask(holder, opened)

    async def close(self) -> None:
        """Let go of connections."""
        for provider in self._providers:
            await provider.close()
        await self._recipients.close()

    async def _prepare(self, task: Task, request: NotificationRequested) -> tuple[str, str]:
        """The number and the text. Raises `NotDoneError`, and `UntoldError` where nothing can be sent."""
        about = request.topic, request.number, request.medium
        with before_sending(about):
            applicant = await self._recipients.of(task.application, request)
            text = self._texts.sms(request, task.application)
            return phone_of(applicant, about), text

    def _holder(self, opened: Sequence[Attempt], request: NotificationRequested) -> Aggregator | None:
        """Who may hold the message and can still be asked; an officer's order stands even where it cannot."""
        forgotten = datetime.now(UTC) - opened[-1].at > REMEMBERED
        if forgotten and request.requested_by is None:
            return None
        return next((p for p in self._providers if p.code == opened[-1].provider), None)

    def _in_order(self) -> list[Aggregator]:
        """Those in good standing, then the others: a demoted provider is better than none."""
        return sorted(self._providers, key=lambda provider: not provider.standing.ready)


class _Message:
    """One text to one number, and the calls about it."""

    def __init__(
        self, application: UUID, journal: CallJournal, history: Sequence[Attempt], phone: str, text: str
    ) -> None:
        self._application, self._journal, self._history = application, journal, history
        self._phone, self._text = phone, text
        self._about = journal.topic, journal.number, journal.medium

    async def ask(self, holder: Aggregator, opened: Sequence[Attempt]) -> Any:
        """The provider may have it: what it says now is true of the calls before."""
        try:
            reply = await self._call(holder)
        except NotDoneError as error:
            raise StillOpenError(holder.code) from error
        for attempt in opened:
            await self._journal.end(attempt.id, _RESULTS[reply.verdict])
        return self._answer(holder, reply)

    async def send(self, providers: Sequence[Aggregator]) -> Any:
        """By the first that takes it. Raises `NotDoneError` where none did and one may do so later."""
        refused: Any = None
        failed: NotDoneError | None = None
        for provider in providers:
            try:
                reply = await self._call(provider)
            except NotDoneError as error:
                failed = error
                continue
            if reply.verdict in (Verdict.ACCEPTED, Verdict.BLOCKED):
                return self._answer(provider, reply)
            refused = refused or self._answer(provider, reply)
        if failed is not None:
            raise failed
        return refused

    async def _call(self, provider: Aggregator) -> Reply:
        call = await self._journal.begin(provider.code)
        try:
            reply = await provider.send(self._phone, self._text, self._request_id(provider))
        except NotDoneError:
            await self._journal.end(call, Result.UNAVAILABLE)
            raise
        except Exception:
            await self._journal.end(call, Result.UNCERTAIN)
            raise
        await self._journal.end(call, _RESULTS[reply.verdict])
        return reply

    def _request_id(self, provider: Aggregator) -> str:
        """The same for every call until this provider refused: a new order must not be taken for the refused one."""
        refusals = sum(a.provider == provider.code and a.result in _REFUSALS for a in self._history)
        topic, number, medium = self._about
        return name_id(str(self._application), medium.value, topic.value, str(number), str(refusals)).hex

    def _answer(self, provider: Aggregator, reply: Reply) -> Any:
        match reply.verdict:
            case Verdict.ACCEPTED:
                return Accepted(*self._about, reply.reference, provider.code)
            case Verdict.REFUSED:
                return Refused(*self._about)
            case _:
                return NotReachable(*self._about)
