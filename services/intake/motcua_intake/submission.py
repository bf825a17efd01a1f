"""What a citizen sends in, and everything that can be wrong with it, told at once: faults of form and of substance."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticKnownError

from motcua_contracts import Beneficiary, Channel, FeeCondition, Language, Medium
from motcua_contracts.vocabulary import AgencyCode, ProcedureCode
from motcua_intake.contacts import Email, Phone
from motcua_intake.faults import COUNTER, PORTAL, Contact, Door, Facts, faults
from motcua_intake.form import ItemCode
from motcua_intake.leaves import readable

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LARGEST_FORM, LONGEST_TEXT, LARGEST_NUMBER = 100, 2_000, 10**15


def _only_iso(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _ISO_DAY.fullmatch(value)):
        return value
    # one of pydantic's own kinds: only those can be told again beside the faults of substance
    raise PydanticKnownError("date_parsing", {"error": "not of this form"})


def _only_text_or_number(value: object) -> str | int:
    """As one type, so that a fault is told once and at the field's own place."""
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise PydanticKnownError("string_too_long", {"max_length": LONGEST_TEXT})
        return value
    if not isinstance(value, int) or isinstance(value, bool):
        raise PydanticKnownError("string_type")
    if not 0 <= value <= LARGEST_NUMBER:
        raise PydanticKnownError("less_than_equal", {"le": LARGEST_NUMBER})
    return value


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
FieldValue = Annotated[
    str | int,
    PlainValidator(_only_text_or_number),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": LONGEST_TEXT},
                {"type": "integer", "minimum": 0, "maximum": LARGEST_NUMBER},
            ]
        }
    ),
]
Fields = Annotated[
    dict[ItemCode, FieldValue],
    Field(
        max_length=LARGEST_FORM,
        description="Field code -> value, as the procedure's form has it",
        examples=[{"purpose": "Xin việc"}],
    ),
]
Documents = Annotated[
    dict[ItemCode, UUID],
    Field(
        max_length=LARGEST_FORM,
        description="Document code -> upload",
        examples=[{"residence-proof": "0b9cf6a4-5b0d-4f0e-9a51-0d6c2f6b9b11"}],
    ),
]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ApplicantForm(_Form):
    """Who applies. Kept in the vault and nowhere else."""

    personal_number: PersonalNumber
    full_name: FullName
    date_of_birth: Day
    email: Email | None = Field(default=None, description="This or the phone, or both")
    phone: Phone | None = None
    contact_by: Annotated[
        tuple[Medium, ...],
        Field(max_length=len(Medium), description="Best first. By default e-mail, else ZNS and SMS"),
    ] = ()


class Relation(StrEnum):
    """Why somebody may file for the applicant."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    AUTHORISED = "authorised"
    LEGAL_REPRESENTATIVE = "legal-representative"


class RepresentativeForm(_Form):
    """Who files for the applicant. Kept in the vault and nowhere else."""

    full_name: FullName
    personal_number: PersonalNumber
    relation: Relation
    phone: Phone | None = None


class FeeForm(_Form):
    """What the fee depends on; the limits are those of the event that will carry it."""

    beneficiary: Beneficiary = Beneficiary.NONE
    conditions: Annotated[tuple[FeeCondition, ...], Field(max_length=len(FeeCondition))] = ()
    pages: Annotated[int, Field(ge=1, le=10_000, strict=True)] = 1
    copies: Annotated[int, Field(ge=1, le=1_000, strict=True)] = 1


class Submission(_Form):
    """An application as it is filed."""

    door: ClassVar[Door] = PORTAL

    procedure: Annotated[ProcedureCode, Field(examples=["2.000815"])]
    agency: Annotated[AgencyCode, Field(examples=["H29.25.12"])]
    channel: Annotated[Channel, Field(description="Online; at the counter in person or by post")]
    language: Language = Language.VIETNAMESE
    applicant: ApplicantForm
    representative: RepresentativeForm | None = Field(
        default=None, description="Where the account that files is not the applicant's"
    )
    fee: FeeForm = FeeForm()
    form: Fields = {}
    documents: Documents = {}

    @model_validator(mode="wrap")
    @classmethod
    def _tells_every_fault(cls, given: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            submission = validate(given)
        except ValidationError as error:
            of_form: list[Any] = list(error.errors(include_url=False))
            of_substance = list(faults(_readable(given, cls.door)))
        else:
            of_form, of_substance = [], list(faults(_complete(submission)))
            if not of_substance:
                return submission
        raise ValidationError.from_exception_data(cls.__name__, [*of_form, *of_substance], hide_input=True)


class CounterSubmission(Submission):
    """An application as an officer files it at the counter."""

    door: ClassVar[Door] = COUNTER

    account: UUID | None = Field(default=None, description="The applicant's own account, so that they can follow it")


def _complete(submission: Submission) -> Facts:
    applicant, fee = submission.applicant, submission.fee
    return Facts(
        submission.door,
        submission.procedure,
        submission.agency,
        submission.channel,
        fee.beneficiary,
        fee.conditions,
        applicant.personal_number,
        applicant.date_of_birth,
        Contact(applicant.email is not None, applicant.phone is not None, applicant.contact_by),
        submission.form,
        submission.documents,
    )


def _readable(given: Any, door: Door) -> Facts:
    """What can be made of a body with faults of form."""
    return Facts(
        door,
        readable(given, ProcedureCode, "procedure"),
        readable(given, AgencyCode, "agency"),
        readable(given, Channel, "channel"),
        readable(given, Beneficiary, "fee", "beneficiary"),
        readable(given, tuple[FeeCondition, ...], "fee", "conditions"),
        readable(given, PersonalNumber, "applicant", "personal_number"),
        readable(given, Day, "applicant", "date_of_birth"),
        _contact(given),
        readable(given, Fields, "form", default={}),
        readable(given, Documents, "documents", default={}),
    )


def _contact(given: Any) -> Contact | None:
    applicant = given.get("applicant") if isinstance(given, dict) else None
    if not isinstance(applicant, dict):
        return None
    wanted = readable(given, tuple[Medium, ...], "applicant", "contact_by") or ()
    return Contact(applicant.get("email") is not None, applicant.get("phone") is not None, wanted)
