"""Says in Vietnamese and English why a person was, or was not, told something: event, rule, template, each medium."""

from collections.abc import Sequence
from datetime import date

from motcua_contracts import Failure, Language, Medium
from motcua_notification.notice_rule import Rule
from motcua_notification.store import NoticeRow
from motcua_notification.wording import moment


def explain_nothing(rule: Rule, language: Language) -> str:
    """Why there was nothing to tell by this rule."""
    return _NOTHING[language].format(event=rule.event.type)


def explain(rule: Rule | None, chain: Sequence[NoticeRow], language: Language, *, unoffered: frozenset[str]) -> str:
    """For officers and citizens: what was to happen, and what became of it by each medium in turn.

    `chain` is not empty; `unoffered` are the mediums for which there was no provider here.
    """
    first = chain[0]
    why = _WHY[language].format(
        event=rule.event.type if rule else "?",
        because=first.because,
        rule=_named(rule, first, language),
        template=first.template,
        language=_LANGUAGES[Language(first.language)][language],
    )
    links = [explain_link(row, language, offered=row.medium not in unoffered) for row in chain]
    return " ".join([why, *links])


def explain_link(row: NoticeRow, language: Language, *, offered: bool = True) -> str:
    """One sentence: by which medium, why by this one, and how it ended."""
    medium = MEDIUMS[Medium(row.medium)][language]
    return f"{medium[0].upper()}{medium[1:]}{_origin(row, language)}: {_ending(row, language, offered=offered)}"


def _named(rule: Rule | None, row: NoticeRow, language: Language) -> str:
    if rule is None:
        return row.rule or "?"
    since = _SINCE[language].format(day=_day(rule.effective_from))
    until = _UNTIL[language].format(day=_day(rule.effective_to)) if rule.effective_to else ""
    required = _REQUIRED[language].format(**rule.required.model_dump()) if rule.required else ""
    return f"{rule.id} ({since}{until}{required})"


def _origin(row: NoticeRow, language: Language) -> str:
    if row.instead_of is not None:
        return _INSTEAD[language].format(medium=MEDIUMS[Medium(row.instead_of)][language])
    return _ORDERED[language].format(attempt=row.attempt) if row.requested_by is not None else ""


def _ending(row: NoticeRow, language: Language, *, offered: bool) -> str:
    if row.ended_at is None:
        return _WAITING[language]
    at = moment(row.ended_at, language)
    if row.reason is None:
        provider = f" {row.provider}" if row.provider else ""
        return _SENT[language].format(at=at, provider=provider)
    sentence = _FAILED[Failure(row.reason)] if offered else _NOT_OFFERED
    return sentence[language].format(at=at)


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


_VI, _EN = Language.VIETNAMESE, Language.ENGLISH
_LANGUAGES = {_VI: {_VI: "tiếng Việt", _EN: "Vietnamese"}, _EN: {_VI: "tiếng Anh", _EN: "English"}}
MEDIUMS = {
    Medium.EMAIL: {_VI: "thư điện tử", _EN: "e-mail"},
    Medium.SMS: {_VI: "tin nhắn SMS", _EN: "SMS"},
    Medium.ZNS: {_VI: "tin Zalo", _EN: "Zalo message"},
}
_NOTHING = {
    _VI: "Hồ sơ này chưa có sự kiện {event} nên chưa có gì để thông báo.",
    _EN: "The event {event} has not happened to this application, so there is nothing to tell.",
}
_WHY = {
    _VI: "Vì có sự kiện {event} (mã {because}), quy tắc {rule} yêu cầu thông báo theo mẫu {template} bằng {language}.",
    _EN: "Because of the event {event} (id {because}), rule {rule} asks for a message by template {template} "
    "in {language}.",
}
_SINCE = {_VI: "hiệu lực từ {day}", _EN: "in force from {day}"}
_UNTIL = {_VI: " đến {day}", _EN: " to {day}"}
_REQUIRED = {_VI: "; theo {article}, {act}", _EN: "; required by {act}, {article}"}
_INSTEAD = {_VI: " (thay cho {medium})", _EN: " (instead of {medium})"}
_ORDERED = {_VI: " (cán bộ yêu cầu gửi lại, lần {attempt})", _EN: " (ordered again by an officer, attempt {attempt})"}
_WAITING = {_VI: "đang chờ gửi.", _EN: "waiting to be sent."}
_SENT = {_VI: "nhà cung cấp{provider} đã nhận, {at}.", _EN: "the provider{provider} took it over on {at}."}
_NOT_OFFERED = {
    _VI: "hệ thống này không gửi bằng cách này, {at}; chưa có gì được gửi.",
    _EN: "not offered by this installation, found on {at}; nothing was sent.",
}
_FAILED = {
    Failure.REFUSED_BY_PROVIDER: {
        _VI: "nhà cung cấp từ chối địa chỉ hoặc nội dung, {at}; tin không được gửi.",
        _EN: "the provider refused the address or the message on {at}; it was not sent.",
    },
    Failure.PROVIDER_UNAVAILABLE: {
        _VI: "đã thử nhiều lần nhưng không gửi được qua nhà cung cấp, lần cuối {at}; tin không được gửi.",
        _EN: "no provider could be used in many attempts, the last on {at}; it was not sent.",
    },
    Failure.OUTCOME_UNKNOWN: {
        _VI: "mất kết nối khi đang gửi, {at}; không rõ tin đã đến hay chưa. Hệ thống không tự gửi lại để tránh báo hai "
        "lần.",
        _EN: "the connection broke off while sending, on {at}: the message may or may not have arrived. It is not sent "
        "again by itself, so that nobody is told twice.",
    },
    Failure.APPLICANT_ERASED: {
        _VI: "dữ liệu cá nhân của người nộp đã được xóa theo yêu cầu, {at}; không còn ai để gửi.",
        _EN: "the applicant's personal data had been erased, found on {at}; there is nobody left to tell.",
    },
    Failure.NO_ADDRESS: {
        _VI: "người nộp không cung cấp địa chỉ dùng được, {at}; tin không được gửi.",
        _EN: "the applicant gave no usable address, found on {at}; it was not sent.",
    },
    Failure.NOT_REACHABLE: {
        _VI: "không liên lạc được với người nộp bằng cách này, {at}; tin không được gửi.",
        _EN: "the applicant cannot be reached this way, found on {at}; it was not sent.",
    },
    Failure.OPTED_OUT: {
        _VI: "người nộp không muốn nhận tin bằng cách này, {at}; tin không được gửi.",
        _EN: "the applicant does not want to be told this way, found on {at}; it was not sent.",
    },
}
