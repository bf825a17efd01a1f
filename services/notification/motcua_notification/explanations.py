"""Says in Vietnamese and English why a person was, or was not, told something: event, rule, template, outcome."""

from motcua_contracts import Failure, Language
from motcua_notification.rules import Rule
from motcua_notification.store import NoticeRow
from motcua_notification.wording import moment


def explain(rule: Rule, notice: NoticeRow | None, language: Language) -> str:
    """Two sentences for officers and citizens: what was to happen and what became of it."""
    if notice is None:
        return _NOTHING[language].format(event=rule.event.type)
    why = _WHY[language].format(
        event=rule.event.type,
        because=notice.because,
        rule=rule.id,
        template=notice.template,
        language=_LANGUAGES[Language(notice.language)][language],
    )
    return f"{why} {_ending(notice, language)}"


def _ending(notice: NoticeRow, language: Language) -> str:
    if notice.ended_at is None:
        return _WAITING[language]
    at = moment(notice.ended_at, language)
    sentence = _SENT if notice.reason is None else _FAILED[Failure(notice.reason)]
    return sentence[language].format(at=at)


_VI, _EN = Language.VIETNAMESE, Language.ENGLISH
_LANGUAGES = {_VI: {_VI: "tiếng Việt", _EN: "Vietnamese"}, _EN: {_VI: "tiếng Anh", _EN: "English"}}
_NOTHING = {
    _VI: "Hồ sơ này chưa có sự kiện {event} nên chưa có gì để thông báo.",
    _EN: "The event {event} has not happened to this application, so there is nothing to tell.",
}
_WHY = {
    _VI: "Vì có sự kiện {event} (mã {because}), quy tắc {rule} yêu cầu gửi thư theo mẫu {template} bằng {language}.",
    _EN: "Because of the event {event} (id {because}), rule {rule} asks for a message by template {template} "
    "in {language}.",
}
_WAITING = {_VI: "Thư đang chờ gửi.", _EN: "The message is waiting to be sent."}
_SENT = {_VI: "Máy chủ thư đã nhận thư, {at}.", _EN: "The mail server took it over on {at}."}
_FAILED = {
    Failure.REFUSED_BY_PROVIDER: {
        _VI: "Máy chủ thư từ chối địa chỉ hoặc nội dung, {at}; thư không được gửi.",
        _EN: "The mail server refused the address or the message on {at}; it was not sent.",
    },
    Failure.PROVIDER_UNAVAILABLE: {
        _VI: "Đã thử nhiều lần nhưng không gửi được qua máy chủ thư, lần cuối {at}; thư không được gửi.",
        _EN: "The mail server could not be used in many attempts, the last on {at}; it was not sent.",
    },
    Failure.OUTCOME_UNKNOWN: {
        _VI: "Mất kết nối khi đang gửi, {at}; không rõ thư đã đến hay chưa. Hệ thống không tự gửi lại để tránh gửi hai "
        "lần.",
        _EN: "The connection broke off while sending, on {at}: the message may or may not have arrived. It is not sent "
        "again by itself, so that nobody is told twice.",
    },
    Failure.APPLICANT_ERASED: {
        _VI: "Dữ liệu cá nhân của người nộp đã được xóa theo yêu cầu, {at}; không còn ai để gửi.",
        _EN: "The applicant's personal data had been erased, found on {at}; there is nobody left to tell.",
    },
    Failure.NO_ADDRESS: {
        _VI: "Người nộp không cung cấp địa chỉ thư điện tử dùng được, {at}; thư không được gửi.",
        _EN: "The applicant gave no usable e-mail address, found on {at}; it was not sent.",
    },
}
