"""The answer to a supplement request, and whether it is one: everything that was marked, nothing else, told at once."""

from collections.abc import Collection, Iterator

from pydantic import BaseModel, ConfigDict, Field

from motcua_chassis.problems import Fault
from motcua_intake.contacts import Email, Phone
from motcua_intake.fault_sentences import SENTENCES
from motcua_intake.reference import Procedure
from motcua_intake.submission import Documents, Fields


class ContactsForm(BaseModel):
    """Addresses to use from now on."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    email: Email | None = None
    phone: Phone | None = None


class SupplementForm(BaseModel):
    """What an officer marked: `field.purpose` goes into `fields`, `document.marriage` into `documents`, and so on."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    fields_: Fields = Field(default={}, alias="fields")
    documents: Documents = {}
    contacts: ContactsForm = ContactsForm()

    def supplied(self) -> dict[str, object]:
        """Item -> what was given for it; a blank text is nothing."""
        contacts = {f"contact.{name}": value for name, value in self.contacts.model_dump().items()}
        fields = {f"field.{code}": value for code, value in self.fields_.items()}
        documents = {f"document.{code}": upload for code, upload in self.documents.items()}
        return {item: value for item, value in (fields | documents | contacts).items() if not _is_blank(value)}


def faults(form: SupplementForm, marked: Collection[str], procedure: Procedure) -> list[Fault]:
    """Every fault of the answer, each at its place in the body."""
    given = form.supplied()
    found = [_fault("supplement-missing", item) for item in marked if item not in given]
    found += [_fault("supplement-not-asked", item) for item in given if item not in marked]
    found += _of_fields(form, procedure)
    uploads = list(form.documents.values())
    found += [_fault("upload-twice", f"document.{c}") for c, u in form.documents.items() if uploads.count(u) > 1]
    return found


def _of_fields(form: SupplementForm, procedure: Procedure) -> Iterator[Fault]:
    for field in procedure.form:
        if field.code in form.fields_ and not _is_blank(form.fields_[field.code]):
            fault = field.check(form.fields_[field.code])
            if fault is not None:
                yield _fault(fault, f"field.{field.code}")


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _fault(code: str, item: str) -> Fault:
    vi, en = SENTENCES[code]
    kind, _, name = item.partition(".")
    return Fault(pointer=f"/{kind}s/{name}", code=code, vi=vi, en=en)
