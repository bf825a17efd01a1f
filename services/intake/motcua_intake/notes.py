"""Officers' words: sealed under the application's key, an id in events, opened for the people they are for."""

from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
from pydantic import Field

from motcua_chassis.problems import ProblemError
from motcua_intake.commands import SealedWords
from motcua_intake.store import Address
from motcua_intake.vault import Look, Vault, look

Text = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2_000,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$",
        description="For the applicant to read, in their language",
        examples=["Ảnh chụp mờ, không đọc được số giấy."],
    ),
]


def seal(vault: Vault, address: Address, text: str | None) -> SealedWords | None:
    """The words under the application's key. Raises `ProblemError` where that was destroyed."""
    if text is None:
        return None
    if address.wrapped_key is None:
        raise ProblemError("applicant-erased", 409)
    return vault.seal_words(address.application_id, address.wrapped_key, uuid4(), text)


async def of(pool: asyncpg.Pool, vault: Vault, application: UUID, reader: UUID) -> dict[UUID, str]:
    """All words about an application, by note, the access recorded; none once the applicant is erased."""
    found = await look(pool, application, reader, Look.WORDS)
    return vault.open_words(application, found.sealed.wrapped_key, found.words) if found else {}
