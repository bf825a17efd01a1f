"""What notification shows of its messages: event -> rule -> template -> each medium with its calls -> reason."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from uuid import UUID

from pydantic import BaseModel, Field

from motcua_chassis.vietnam import day_of
from motcua_contracts import Failure, Language, Medium, Topic
from motcua_notification.attempts import Attempt, Result
from motcua_notification.explanations import explain, explain_link, explain_nothing
from motcua_notification.notice_rule import Rule
from motcua_notification.rules import Rules
from motcua_notification.store import NoticeRow

Occasion = tuple[str, int]


class NoticeState(StrEnum):
    """Where one message stands."""

    NOTHING_TO_TELL = "nothing-to-tell"
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class RuleView(BaseModel):
    """The rule by which somebody is told, and when it was in force."""

    id: str = Field(examples=["intake.application-decided/2"])
    effective_from: date = Field(examples=["2026-11-22"])
    effective_to: date | None = None
    mediums: list[Medium] = Field(description="What it allows", examples=[["email", "sms", "zns"]])
    required_by: str | None = Field(
        default=None, description="The act that wants the applicant told", examples=["03/2025/TT-VPCP, Mẫu số 03"]
    )


class AttemptView(BaseModel):
    """One call to a provider. For e-mail, calls that went well are told by the message itself."""

    at: datetime
    ended_at: datetime | None = None
    provider: str | None = Field(default=None, examples=["sms-one"])
    result: Result | None = Field(default=None, description="Absent while it runs, or where the process ended in it")


class MessageView(BaseModel):
    """One medium that was tried."""

    medium: Medium
    attempt: int = Field(description="1, or one more for each order of an officer", examples=[1])
    instead_of: Medium | None = Field(default=None, description="The medium that failed for certain before")
    state: NoticeState
    requested_at: datetime
    ended_at: datetime | None = None
    reason: Failure | None = Field(default=None, description="Why it failed")
    provider: str | None = Field(default=None, examples=["sms-one"])
    reference: str | None = Field(
        default=None,
        description="What its provider calls it; for e-mail our Message-ID",
        examples=["<01a12dbb-3252-791f-8a9e-60d2d938cb0d@motcua.vn>"],
    )
    attempts: list[AttemptView]
    explanation_vi: str = Field(examples=["Tin nhắn SMS: nhà cung cấp sms-one đã nhận, 22/11/2026 lúc 17:00."])
    explanation_en: str = Field(examples=["SMS: the provider sms-one took it over on 22/11/2026 at 17:00."])


class NoticeView(BaseModel):
    """One thing a person may be told, and how that went."""

    topic: Topic
    number: int = Field(description="Which occasion of the topic", examples=[1])
    state: NoticeState
    event: str | None = Field(default=None, description="CloudEvents type", examples=["vn.motcua.payment.requested.v1"])
    because: UUID | None = Field(default=None, description="Id of the event that gave rise to the message")
    rule: RuleView | None = None
    template: str | None = Field(default=None, examples=["payment-requested.v1"])
    language: Language | None = None
    reason: Failure | None = Field(default=None, description="Why it failed in the end")
    may_be_resent: bool = Field(description="Whether an officer may order it again")
    messages: list[MessageView] = Field(description="Each medium that was tried, first to last")
    explanation_vi: str = Field(examples=["Hồ sơ này chưa có sự kiện ... nên chưa có gì để thông báo."])
    explanation_en: str = Field(examples=["The event ... has not happened to this application, so ..."])


class NotificationsView(BaseModel):
    """Everything the applicant of one application was told, or not."""

    application_id: UUID
    dossier_code: str = Field(examples=["H29.25.12-261122-0001"])
    notifications: list[NoticeView]


def notices(rules: Rules, rows: Sequence[NoticeRow], calls: Sequence[Attempt], today: date) -> list[NoticeView]:
    """What was told, in the order in which it arose, then what there was no occasion for."""
    told = [
        _told(rules, list(chain), [call for call in calls if (call.topic, call.number) == occasion])
        for occasion, chain in groupby(rows, _occasion)
    ]
    heard = {row.topic for row in rows}
    in_force = [rule for topic in Topic if (rule := rules.about(topic, today)) and topic.value not in heard]
    return told + [_untold(rule) for rule in in_force]


def _occasion(row: NoticeRow) -> Occasion:
    return row.topic, row.number


def _untold(rule: Rule) -> NoticeView:
    return NoticeView(
        topic=rule.topic,
        number=1,
        state=NoticeState.NOTHING_TO_TELL,
        event=rule.event.type,
        rule=_rule_view(rule),
        template=rule.template,
        may_be_resent=False,
        messages=[],
        explanation_vi=explain_nothing(rule, Language.VIETNAMESE),
        explanation_en=explain_nothing(rule, Language.ENGLISH),
    )


def _told(rules: Rules, chain: list[NoticeRow], calls: list[Attempt]) -> NoticeView:
    first, last = chain[0], chain[-1]
    topic = Topic(first.topic)
    rule = rules.named(first.rule) if first.rule else rules.about(topic, day_of(first.requested_at))
    unoffered = frozenset(call.medium for call in calls if call.result == Result.NOT_OFFERED)
    return NoticeView(
        topic=topic,
        number=first.number,
        state=_state(last),
        event=rule.event.type if rule else None,
        because=first.because,
        rule=_rule_view(rule) if rule else None,
        template=first.template,
        language=Language(first.language),
        reason=Failure(last.reason) if last.reason else None,
        may_be_resent=last.outcome == "failed" and last.reason != Failure.APPLICANT_ERASED,
        messages=_messages(chain, calls, unoffered),
        explanation_vi=explain(rule, chain, Language.VIETNAMESE, unoffered=unoffered),
        explanation_en=explain(rule, chain, Language.ENGLISH, unoffered=unoffered),
    )


def _messages(chain: list[NoticeRow], calls: list[Attempt], unoffered: frozenset[str]) -> list[MessageView]:
    """A call belongs to the last message of its medium that had been asked for when it began."""
    mine: dict[int, list[Attempt]] = {at: [] for at in range(len(chain))}
    for call in calls:
        asked = [at for at, row in enumerate(chain) if row.medium == call.medium and row.requested_at <= call.at]
        if asked:
            mine[asked[-1]].append(call)
    return [_message(row, mine[at], offered=row.medium not in unoffered) for at, row in enumerate(chain)]


def _message(row: NoticeRow, calls: list[Attempt], *, offered: bool) -> MessageView:
    return MessageView(
        medium=Medium(row.medium),
        attempt=row.attempt,
        instead_of=Medium(row.instead_of) if row.instead_of else None,
        state=_state(row),
        requested_at=row.requested_at,
        ended_at=row.ended_at,
        reason=Failure(row.reason) if row.reason else None,
        provider=row.provider,
        reference=row.reference,
        attempts=[_attempt(call) for call in calls],
        explanation_vi=explain_link(row, Language.VIETNAMESE, offered=offered),
        explanation_en=explain_link(row, Language.ENGLISH, offered=offered),
    )


def _attempt(call: Attempt) -> AttemptView:
    result = Result(call.result) if call.result else None
    return AttemptView(at=call.at, ended_at=call.ended_at, provider=call.provider, result=result)


def _rule_view(rule: Rule) -> RuleView:
    required = rule.required
    return RuleView(
        id=rule.id,
        effective_from=rule.effective_from,
        effective_to=rule.effective_to,
        mediums=list(rule.mediums),
        required_by=f"{required.act}, {required.article}" if required else None,
    )


def _state(row: NoticeRow) -> NoticeState:
    return NoticeState.WAITING if row.outcome is None else NoticeState(row.outcome)
