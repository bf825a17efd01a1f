"""What a citizen sends in, and everything that can be wrong with it, told at once: faults of form and of substance."""

import re
from datetime import date
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticKnownError

from motcua_contracts import Beneficiary, Channel, FeeCondition, Language
from motcua_contracts.vocabulary import AgencyCode, ProcedureCode
from motcua_intake.faults import Facts, faults

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _only_iso(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _ISO_DAY.fullmatch(value)):
        return value
    # one of pydantic's own kinds: only those can be told again beside the faults of substance
    raise PydanticKnownError("date_parsing", {"error": "not of this form"})


PersonalNumber = Annotated[str, Field(pattern=r"^[0-9]{12}$", examples=["079084000999"])]
FullName = Annotated[
    str,
    Field(
        pattern=r"^[\p{L}\p{M}][\p{L}\p{M} .'’-]*$",
        max_length=100,
        description="As on the identity card",
        examples=["NGUYỄN VĂN AN"],
    ),
]
Day = Annotated[date, BeforeValidator(_only_iso), Field(examples=["1984-05-02"])]
Email = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$",
        max_length=254,
        examples=["an@example.vn"],
    ),
]
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{7,14}$", description="E.164", examples=["+84901234567"])]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ApplicantForm(_Form):
    """Who applies. Kept in the vault and nowhere else."""

    personal_number: PersonalNumber
    full_name: FullName
    date_of_birth: Day
    email: Email
    phone: Phone | None = None


class FeeForm(_Form):
    """What the fee depends on; the limits are those of the event that will carry it."""

    beneficiary: Beneficiary = Beneficiary.NONE
    conditions: Annotated[tuple[FeeCondition, ...], Field(max_length=len(FeeCondition))] = ()
    pages: Annotated[int, Field(ge=1, le=10_000, strict=True)] = 1
    copies: Annotated[int, Field(ge=1, le=1_000, strict=True)] = 1


class Submission(_Form):
    """An application as it is filed."""

    procedure: Annotated[ProcedureCode, Field(examples=["2.000815"])]
    agency: Annotated[AgencyCode, Field(examples=["H29.25.12"])]
    channel: Channel
    language: Language = Language.VIETNAMESE
    applicant: ApplicantForm
    fee: FeeForm = FeeForm()

    @model_validator(mode="wrap")
    @classmethod
    def _tells_every_fault(cls, given: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            submission = validate(given)
        except ValidationError as error:
            of_form: list[Any] = list(error.errors(include_url=False))
            of_substance = list(faults(_readable(given)))
        else:
            of_form, of_substance = [], list(faults(_complete(submission)))
            if not of_substance:
                return submission
        raise ValidationError.from_exception_data(cls.__name__, [*of_form, *of_substance], hide_input=True)


_LEAVES: tuple[tuple[tuple[str, ...], TypeAdapter[Any]], ...] = (
    (("procedure",), TypeAdapter(ProcedureCode)),
    (("agency",), TypeAdapter(AgencyCode)),
    (("channel",), TypeAdapter(Channel)),
    (("fee", "beneficiary"), TypeAdapter(Beneficiary)),
    (("fee", "conditions"), TypeAdapter(tuple[FeeCondition, ...])),
    (("applicant", "personal_number"), TypeAdapter(PersonalNumber)),
    (("applicant", "date_of_birth"), TypeAdapter(Day)),
)
"""Where each of `Facts` stands in the body, in their order."""


def _complete(submission: Submission) -> Facts:
    applicant, fee = submission.applicant, submission.fee
    return Facts(
        submission.procedure,
        submission.agency,
        submission.channel,
        fee.beneficiary,
        fee.conditions,
        applicant.personal_number,
        applicant.date_of_birth,
    )


def _readable(given: Any) -> Facts:
    return Facts(*(_leaf(given, path, adapter) for path, adapter in _LEAVES))


def _leaf(given: Any, path: tuple[str, ...], adapter: TypeAdapter[Any]) -> Any:
    for name in path:
        if not isinstance(given, dict) or name not in given:
            return None
        given = given[name]
    try:
        return adapter.validate_python(given)
    except ValidationError:
        return None
