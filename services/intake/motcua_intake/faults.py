"""The rules of substance a submission must keep, told as faults; a rule is silent where its facts are not readable."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from pydantic_core import InitErrorDetails, PydanticCustomError

from motcua_chassis.vietnam import today
from motcua_contracts import Beneficiary, Channel, FeeCondition, Medium
from motcua_intake import personal_number
from motcua_intake.catalogue import catalogue
from motcua_intake.contacts import possible
from motcua_intake.fault_sentences import SENTENCES
from motcua_intake.reference import Procedure


class Contact(NamedTuple):
    """Which addresses were given, right or wrong, and which media are wanted."""

    email: bool
    phone: bool
    wanted: tuple[Medium, ...]


class Door(NamedTuple):
    """Where an application comes in: by which channels, and the fault of any other."""

    channels: frozenset[Channel]
    fault: str


PORTAL = Door(frozenset({Channel.ONLINE}), "channel-not-on-portal")
COUNTER = Door(frozenset({Channel.IN_PERSON, Channel.POST}), "channel-not-at-counter")
"""The fee depends on the channel: who files cannot choose one that is not theirs."""


class Facts(NamedTuple):
    """What the rules of substance look at; None where it is missing or malformed, which is a fault of its own."""

    door: Door
    procedure: str | None
    agency: str | None
    channel: Channel | None
    beneficiary: Beneficiary | None
    conditions: tuple[FeeCondition, ...] | None
    personal_number: str | None
    date_of_birth: date | None
    contact: Contact | None
    form: Mapping[str, str | int] | None
    documents: Mapping[str, UUID] | None


def faults(facts: Facts) -> Iterator[InitErrorDetails]:
    """Every fault of substance, each at its place in the body."""
    known = catalogue()
    procedure = None if facts.procedure is None else known.procedures.find(facts.procedure, today())
    if facts.procedure is not None and procedure is None:
        yield _fault("procedure-unknown", "procedure")
    yield from _faults_of_agency(facts, procedure)
    yield from _faults_of_channel(facts, procedure)
    if procedure is not None:
        yield from _faults_of_filing(facts, procedure)
        yield from _faults_of_form(facts.form, procedure)
        yield from _faults_of_documents(facts.documents, procedure)
    yield from _faults_of_person(facts)
    yield from _faults_of_contact(facts.contact)


def _faults_of_agency(facts: Facts, procedure: Procedure | None) -> Iterator[InitErrorDetails]:
    if facts.agency is None:
        return
    agency = catalogue().agencies.get(facts.agency)
    if agency is None:
        yield _fault("agency-unknown", "agency")
    elif procedure is not None and agency.level is not procedure.level:
        yield _fault("agency-does-not-take-procedure", "agency")


def _faults_of_channel(facts: Facts, procedure: Procedure | None) -> Iterator[InitErrorDetails]:
    if facts.channel is None:
        return
    if facts.channel not in facts.door.channels:
        yield _fault(facts.door.fault, "channel")
    elif procedure is not None and facts.channel not in procedure.channels:
        yield _fault("channel-not-offered", "channel")


def _faults_of_filing(facts: Facts, procedure: Procedure) -> Iterator[InitErrorDetails]:
    if facts.beneficiary and facts.beneficiary not in {Beneficiary.NONE, *procedure.beneficiaries}:
        yield _fault("beneficiary-not-applicable", "fee", "beneficiary")
    for place, condition in enumerate(facts.conditions or ()):
        if condition not in procedure.conditions:
            yield _fault("condition-not-applicable", "fee", "conditions", place)


def _faults_of_form(form: Mapping[str, str | int] | None, procedure: Procedure) -> Iterator[InitErrorDetails]:
    if form is None:
        return
    for field in procedure.form:
        if (fault := field.check(form.get(field.code))) is not None:
            yield _fault(fault, "form", field.code)
    for code in form.keys() - {field.code for field in procedure.form}:
        yield _fault("field-unknown", "form", code)


def _faults_of_documents(documents: Mapping[str, UUID] | None, procedure: Procedure) -> Iterator[InitErrorDetails]:
    if documents is None:
        return
    for kind in procedure.documents:
        if kind.required and kind.code not in documents:
            yield _fault("document-required", "documents", kind.code)
    for code in documents.keys() - {kind.code for kind in procedure.documents}:
        yield _fault("document-unknown", "documents", code)
    times = Counter(documents.values())
    for code, upload in documents.items():
        if times[upload] > 1:
            yield _fault("upload-twice", "documents", code)


def _faults_of_person(facts: Facts) -> Iterator[InitErrorDetails]:
    born = facts.date_of_birth
    if born is None:
        return
    if born > today() or born.year < 1900:
        yield _fault("date-of-birth-impossible", "applicant", "date_of_birth")
    if facts.personal_number is not None:
        for fault in personal_number.faults(facts.personal_number, born):
            yield _fault(fault.value, "applicant", "personal_number")


def _faults_of_contact(contact: Contact | None) -> Iterator[InitErrorDetails]:
    if contact is None:
        return
    if not contact.email and not contact.phone:
        yield _fault("no-contact", "applicant")
        return
    can = possible(email=contact.email, phone=contact.phone)
    for place, medium in enumerate(contact.wanted):
        if medium not in can:
            yield _fault("contact-by-without-address", "applicant", "contact_by", place)
        elif medium in contact.wanted[:place]:
            yield _fault("contact-by-twice", "applicant", "contact_by", place)


def _fault(code: str, *place: str | int) -> InitErrorDetails:
    vi, en = SENTENCES[code]
    return InitErrorDetails(type=PydanticCustomError(code, en, {"vi": vi}), loc=place, input=None)
