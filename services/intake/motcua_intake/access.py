"""Who may see an application and act for its applicant. What one may not see is answered like what does not exist."""

from typing import Annotated

import asyncpg
from fastapi import Path

from motcua_chassis.http import owns
from motcua_chassis.principals import Principal, Role
from motcua_chassis.problems import ProblemError
from motcua_contracts import Capacity
from motcua_contracts.vocabulary import DossierCode
from motcua_intake import store, views
from motcua_intake.store import Address, Row

ByCode = Annotated[DossierCode, Path(examples=[views.DOSSIER_EXAMPLE])]


def is_theirs(principal: Principal, row: Row) -> bool:
    """Whether a citizen is the applicant or files for them."""
    if principal.role is not Role.CITIZEN:
        return False
    represents = row.filer_capacity is Capacity.REPRESENTATIVE and principal.subject == row.filed_by
    return represents or principal.subject == row.applicant_id


def follows(principal: Principal, row: Row) -> bool:
    """Whether this principal may see where the application stands."""
    return is_theirs(principal, row) or owns(principal, row.applicant_id, row.agency)


def acts(principal: Principal, row: Row) -> bool:
    """Whether this principal may supplement and withdraw: also the officers of the counter where it was filed."""
    at_counter = row.filer_capacity is Capacity.COUNTER_OFFICER and principal.role is Role.OFFICER
    return is_theirs(principal, row) or (at_counter and principal.serves(row.agency))


async def to_act_on(pool: asyncpg.Pool, dossier_code: str, principal: Principal) -> Row:
    """The application to act on. Raises `ProblemError`."""
    row = await store.find_row(pool, dossier_code)
    if row is None or not acts(principal, row):
        raise ProblemError("application-not-found", 404)
    return row


async def to_serve(pool: asyncpg.Pool, dossier_code: str, officer: Principal) -> Address:
    """The application an officer works on. Raises `ProblemError`."""
    address = await store.find_address(pool, dossier_code)
    if address is None or not officer.serves(address.agency):
        raise ProblemError("application-not-found", 404)
    return address
