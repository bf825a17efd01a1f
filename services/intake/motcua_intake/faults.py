"""The rules of substance a submission must keep, told as faults; a rule is silent where its facts are not readable."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from pydantic_core import InitErrorDetails, PydanticCustomError

from motcua_contracts import Beneficiary, Channel, FeeCondition
from motcua_intake import personal_number
from motcua_intake.catalogue import catalogue, today


class Facts(NamedTuple):
    """What the rules of substance look at; None where it is missing or malformed, which is a fault of its own."""

    procedure: str | None
    agency: str | None
    channel: Channel | None
    beneficiary: Beneficiary | None
    conditions: tuple[FeeCondition, ...] | None
    personal_number: str | None
    date_of_birth: date | None


def faults(facts: Facts) -> Iterator[InitErrorDetails]:
    """Every fault of substance, each at its place in the body."""
    yield from _faults_of_filing(facts)
    yield from _faults_of_person(facts)


def _faults_of_filing(facts: Facts) -> Iterator[InitErrorDetails]:
    known = catalogue()
    procedure = None if facts.procedure is None else known.procedures.find(facts.procedure, today())
    agency = None if facts.agency is None else known.agencies.get(facts.agency)
    if facts.procedure is not None and procedure is None:
        yield _fault("procedure-unknown", "procedure")
    if facts.agency is not None and agency is None:
        yield _fault("agency-unknown", "agency")
    if procedure is None:
        return
    if agency is not None and agency.level is not procedure.level:
        yield _fault("agency-does-not-take-procedure", "agency")
    if facts.channel is not None and facts.channel not in procedure.channels:
        yield _fault("channel-not-offered", "channel")
    if facts.beneficiary and facts.beneficiary not in {Beneficiary.NONE, *procedure.beneficiaries}:
        yield _fault("beneficiary-not-applicable", "fee", "beneficiary")
    for place, condition in enumerate(facts.conditions or ()):
        if condition not in procedure.conditions:
            yield _fault("condition-not-applicable", "fee", "conditions", place)


def _faults_of_person(facts: Facts) -> Iterator[InitErrorDetails]:
    born = facts.date_of_birth
    if born is None:
        return
    if born > today() or born.year < 1900:
        yield _fault("date-of-birth-impossible", "applicant", "date_of_birth")
    if facts.personal_number is not None:
        for fault in personal_number.faults(facts.personal_number, born):
            yield _fault(fault.value, "applicant", "personal_number")


def _fault(code: str, *place: str | int) -> InitErrorDetails:
    vi, en = _SENTENCES[code]
    return InitErrorDetails(type=PydanticCustomError(code, en, {"vi": vi}), loc=place, input=None)


_SENTENCES = {
    "procedure-unknown": (
        "thủ tục không có trong danh mục hiện hành",
        "No such procedure is in force",
    ),
    "agency-unknown": ("không có cơ quan mang mã này", "No agency has this code"),
    "agency-does-not-take-procedure": (
        "cơ quan này không tiếp nhận thủ tục đã chọn",
        "This agency does not take this procedure",
    ),
    "channel-not-offered": (
        "thủ tục này không nộp được bằng hình thức đã chọn",
        "This procedure cannot be filed through this channel",
    ),
    "beneficiary-not-applicable": (
        "đối tượng này không thuộc diện miễn, giảm của thủ tục",
        "This group has no exemption or reduction for this procedure",
    ),
    "condition-not-applicable": (
        "điều kiện này không áp dụng cho thủ tục",
        "This condition does not apply to this procedure",
    ),
    "date-of-birth-impossible": ("ngày sinh không thể có", "Nobody who applies was born that day"),
    personal_number.Fault.NOT_TWELVE_DIGITS.value: (
        "số định danh cá nhân gồm 12 chữ số",
        "A personal number has twelve digits",
    ),
    personal_number.Fault.BIRTH_YEAR_DIFFERS.value: (
        "số định danh cá nhân không khớp với năm sinh",
        "The personal number contradicts the year of birth",
    ),
    personal_number.Fault.GENDER_DIFFERS.value: (
        "số định danh cá nhân không khớp với giới tính",
        "The personal number contradicts the gender",
    ),
}
