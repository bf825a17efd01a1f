"""The words events are made of: codes bound to their patterns, enums, and the two blocks most events carry.

Every description ends up in the published JSON Schemas.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field
from pydantic.types import StringConstraints

from motcua_contracts.event import Part

AgencyCode = Annotated[
    str,
    StringConstraints(pattern=r"^[GH][0-9]{2}(\.[0-9]{1,4})*$", max_length=35),
    Field(description="Agency, top level first: G.. central, H.. province, e.g. H29.25.12 (QCVN 102:2016/BTTTT)."),
]
ProcedureCode = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]\.[0-9]{6}(\.[0-9]{2,3})*(\.[GH][0-9]{2})?$", max_length=35),
    Field(
        description="Entry of the national procedure database, e.g. 1.001193; sub-service 1.000894.01; "
        "local variant 2.000815.000.00.00.H55."
    ),
]
DossierCode = Annotated[
    str,
    StringConstraints(pattern=r"^[GH][0-9]{2}(\.[0-9]{1,4})*-([0-9]{2}){3,4}-[0-9]{4,7}$", max_length=60),
    Field(description="The number printed on the receipt: <agency>-YYMMDD-NNNN, e.g. H15.50.05.13-261008-0975."),
]
RuleId = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+([./-][a-z0-9]+)*$", max_length=100),
    Field(description="A rule in the reference data; the rule there cites its legal act in full."),
]
LegalAct = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,5}/([0-9]{4}/)?[A-ZĐ][A-ZĐa-z0-9]*(-[A-ZĐ][A-ZĐa-z0-9]*)*$", max_length=40),
    Field(description="Number of a legal act, e.g. 85/2019/TT-BTC, 97/2015/QH13, 766/QĐ-TTg."),
]
OrderReference = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9]{8,40}$"),
    Field(description="What the gateway calls our order (VNPay vnp_TxnRef)."),
]
GatewayTransaction = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$"),
    Field(description="The gateway's own number for a payment (VNPay vnp_TransactionNo)."),
]
BankCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z0-9]{2,20}$"),
    Field(description="The payer's bank as the gateway names it (VNPay vnp_BankCode), e.g. NCB."),
]
ReceiptNumber = Annotated[
    str,
    StringConstraints(pattern=r"^BL[0-9]{2}[GH][0-9]{2}-[0-9]{7,9}$"),
    Field(description="Number of an electronic receipt, without gaps per series BL<YY><top-level agency>."),
]
ResultCode = Annotated[
    str,
    StringConstraints(pattern=r"^KQ\.[GH][0-9]{2}\.[0-9]{6}$"),
    Field(description="Kind of result paper in the national catalogue, e.g. KQ.G15.000032."),
]
TemplateId = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]+(-[a-z]+)*\.v[0-9]+$", max_length=60),
    Field(description="A message template and its version, e.g. payment-requested.v1."),
]
ProviderReference = Annotated[
    str,
    # The part before @ is a long hexadecimal number: a person's address cannot pass for a Message-ID.
    StringConstraints(pattern=r"^(<?[0-9a-f-]{32,64}@[a-z0-9.-]{1,80}>?|[A-Za-z0-9_-]{1,64})$"),
    Field(description="What a channel's provider calls the message it accepted (SMTP: our Message-ID)."),
]
FormItem = Annotated[
    str,
    StringConstraints(pattern=r"^(field|document|contact)\.[a-z0-9]+(-[a-z0-9]+)*$", max_length=60),
    Field(description="A place in an application: a field of its form, a document, a contact; e.g. document.marriage."),
]
RefundReference = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{32}$"),
    Field(description="What we call a refund; one amount that is given back keeps it through every attempt."),
]
ProviderCode = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=30),
    Field(description="A provider of a channel, as the installation's settings name it, e.g. sms-one."),
]
NoteId = Annotated[UUID, Field(description="Words an officer wrote; they lie in intake's vault under this id.")]
OfficerId = Annotated[UUID, Field(description="An officer, by the id in their token.")]
ApplicantId = Annotated[UUID, Field(description="The applicant in intake's vault; after erasure it leads nowhere.")]
Vnd = Annotated[int, Field(ge=0, le=10_000_000_000, description="Vietnamese đồng; has no decimals.")]


class Channel(StrEnum):
    """Submission channel of the national portal: 1 in person, 2 online, 3 post."""

    IN_PERSON = "in-person"
    ONLINE = "online"
    POST = "post"


class Language(StrEnum):
    """The language the applicant wants to be written to in (ISO 639-1)."""

    VIETNAMESE = "vi"
    ENGLISH = "en"


class Medium(StrEnum):
    """What carries a message to a person."""

    EMAIL = "email"
    SMS = "sms"
    ZNS = "zns"


class Beneficiary(StrEnum):
    """The group an applicant claims a fee exemption or reduction for."""

    NONE = "none"
    PERSON_OF_MERIT = "person-of-merit"
    POOR_HOUSEHOLD = "poor-household"
    NEAR_POOR_HOUSEHOLD = "near-poor-household"
    DISABLED = "disabled"
    CHILD = "child"
    ELDERLY = "elderly"
    ETHNIC_MINORITY_IN_HARD_AREA = "ethnic-minority-in-hard-area"
    STUDENT = "student"


class FeeCondition(StrEnum):
    """A fact about the case that changes its fee."""

    LATE_REGISTRATION = "late-registration"


class FeeKind(StrEnum):
    """Law on Fees and Charges 97/2015/QH13: a fee (phí) recovers cost, a charge (lệ phí) is a fixed levy."""

    FEE = "fee"
    CHARGE = "charge"


class Capacity(StrEnum):
    """In what capacity somebody else files for the applicant."""

    COUNTER_OFFICER = "counter-officer"
    REPRESENTATIVE = "representative"


class Filer(Part):
    """Who filed on behalf of the applicant; both are on record."""

    id: UUID = Field(description="The account that filed, by the id in its token.")
    capacity: Capacity


class Dossier(Part):
    """Which dossier an event is about, so that a reader needs no other event to act on this one."""

    code: DossierCode
    applicant_id: ApplicantId
    procedure: ProcedureCode
    agency: AgencyCode
    channel: Channel
    language: Language = Language.VIETNAMESE
    reach_by: Annotated[
        tuple[Medium, ...],
        Field(
            max_length=3, description="How the applicant wants to be told, best first; only where an address is known."
        ),
    ] = (Medium.EMAIL,)
    filed_by: Filer | None = Field(default=None, description="Null where the applicant filed.")

    @property
    def representative(self) -> UUID | None:
        """The account that acts for the applicant; an officer who filed at the counter does not."""
        filer = self.filed_by
        return filer.id if filer is not None and filer.capacity is Capacity.REPRESENTATIVE else None


class FeeBasis(Part):
    """What fee rules look at besides the dossier."""

    submitted_on: date = Field(description="Day of filing in Asia/Ho_Chi_Minh: rules are chosen by it.")
    beneficiary: Beneficiary = Beneficiary.NONE
    conditions: tuple[FeeCondition, ...] = ()
    pages: Annotated[int, Field(ge=1, le=10_000)] = 1
    copies: Annotated[int, Field(ge=1, le=1_000)] = 1
