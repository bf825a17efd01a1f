"""Makes the command that answers a supplement request: checks it against what was marked, and seals what changed.

The request is read before the vault: if it is answered in between, the command names a number that no longer waits.
"""

from collections.abc import Mapping
from uuid import UUID

import asyncpg
from msgspec.structs import replace

from motcua_chassis.principals import Principal
from motcua_chassis.problems import ProblemError
from motcua_contracts import Medium, SupplementRequested
from motcua_intake import contacts, store
from motcua_intake.catalogue import applying
from motcua_intake.commands import SupplyMissing
from motcua_intake.store import Row
from motcua_intake.submitting import made_sure_of
from motcua_intake.supplement_form import SupplementForm, faults
from motcua_intake.vault import Look, Vault, look


async def command(
    form: SupplementForm, row: Row, pool: asyncpg.Pool, vault: Vault, principal: Principal, cause: UUID
) -> SupplyMissing:
    """The answer. Raises `ProblemError` with every fault; without an open request the domain refuses."""
    state = await store.state_of(pool, row.application_id)
    if state is None or state.request is None or state.dossier is None:
        return SupplyMissing(principal.subject, 0, ())
    asked, procedure = state.request, applying(row.procedure, row.submitted_at)
    if procedure is None:
        raise ProblemError("procedure-not-in-force", 409, {"procedure": row.procedure})
    marked = tuple(each.item for each in asked.items)
    if found := faults(form, marked, procedure):
        raise ProblemError("invalid-request", 422, faults=found)
    answer = SupplyMissing(principal.subject, asked.number, marked)
    uploads = {f"document.{code}": upload for code, upload in form.documents.items()}
    if uploads:
        answer = replace(answer, papers=await made_sure_of(pool, uploads, principal, cause))
    if form.supplied().keys() - uploads.keys():
        answer = replace(answer, data=await _sealed(form, row.application_id, pool, vault, principal.subject))
    if any(item.startswith("contact.") for item in marked):
        answer = replace(answer, reach_by=_reach_by(form, asked))
    return answer


async def _sealed(form: SupplementForm, application: UUID, pool: asyncpg.Pool, vault: Vault, reader: UUID) -> bytes:
    found = await look(pool, application, reader, Look.SUPPLEMENT)
    if found is None:
        raise ProblemError("applicant-erased", 409)
    known = vault.open(application, found.sealed)
    given: Mapping[str, object] = form.contacts.model_dump(exclude_none=True)
    changed = replace(known, form=known.form | form.fields_, **given)
    return vault.reseal(application, found.sealed.wrapped_key, changed)


def _reach_by(form: SupplementForm, asked: SupplementRequested) -> tuple[Medium, ...]:
    email, phone = form.contacts.email is not None, form.contacts.phone is not None
    return contacts.extended(asked.dossier.reach_by, email=email, phone=phone)
