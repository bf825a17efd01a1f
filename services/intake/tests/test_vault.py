"""The vault keeps its promise: told for a purpose, recorded, and gone when the key is."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from cryptography.exceptions import InvalidTag

from motcua_intake import vault as vault_module
from motcua_intake.commands import Sealed
from motcua_intake.vault import Applicant, Purpose, Vault
from services.intake.tests.office import Office, submission

VAULT = Vault(b"k" * 32)
AN = Applicant("079084000999", "NGUYỄN VĂN AN", date(1984, 5, 2), "an@example.vn", "+84901234567")


async def ask(office: Office, purpose: str, *applications: Any) -> Any:
    body = {"purpose": purpose, "applications": [str(id_) for id_ in applications]}
    answer = await office.client.post("/internal/applicants:batch", json=body, headers=office.as_service())
    assert answer.status_code == 200, answer.text
    return answer.json()["applicants"]


def test_what_was_sealed_opens_for_its_own_application_only() -> None:
    application = uuid4()
    sealed = VAULT.seal(application, AN)
    assert VAULT.open(application, sealed) == AN
    with pytest.raises(InvalidTag):
        VAULT.open(uuid4(), sealed)


def test_another_key_encryption_key_opens_nothing() -> None:
    application = uuid4()
    with pytest.raises(InvalidTag):
        Vault(b"x" * 32).open(application, VAULT.seal(application, AN))


def test_an_altered_byte_is_noticed() -> None:
    application = uuid4()
    sealed = VAULT.seal(application, AN)
    altered = Sealed(sealed.wrapped_key, sealed.data[:-1] + bytes([sealed.data[-1] ^ 1]))
    with pytest.raises(InvalidTag):
        VAULT.open(application, altered)


def test_the_key_of_one_application_does_not_open_another() -> None:
    one, other = uuid4(), uuid4()
    mixed = Sealed(VAULT.seal(one, AN).wrapped_key, VAULT.seal(other, AN).data)
    for application in (one, other):
        with pytest.raises(InvalidTag):
            VAULT.open(application, mixed)


def test_nothing_personal_is_readable_in_what_is_stored_or_shown() -> None:
    sealed = VAULT.seal(uuid4(), AN)
    for value in filter(None, msgspec.structs.asdict(AN).values()):
        assert str(value).encode() not in sealed.data + sealed.wrapped_key
        assert str(value) not in repr(AN)


async def test_each_purpose_is_told_its_own_fields(office: Office) -> None:
    application = (await office.submit())["application_id"]
    given = submission()["applicant"]
    checked = await ask(office, "identity-check", application)
    assert checked == {application: {name: given[name] for name in ("personal_number", "full_name", "date_of_birth")}}
    notified = await ask(office, "notification", application)
    assert notified == {application: {name: given[name] for name in ("full_name", "email", "phone")} | {"notes": {}}}


async def test_every_access_is_recorded_with_reader_and_purpose(office: Office) -> None:
    applications = [UUID((await office.submit())["application_id"]) for _ in range(2)]
    await ask(office, "identity-check", *applications, uuid4())
    rows = await office.pool.fetch("SELECT application_id, reader, purpose FROM vault_accesses")
    assert {tuple(row) for row in rows} == {(id_, UUID(int=9), "identity-check") for id_ in applications}


async def test_an_erased_applicant_is_absent_and_unreadable_and_others_stay(office: Office) -> None:
    erased = (await office.submit())["application_id"]
    neighbour, office.citizen = office.citizen, uuid4()
    kept = (await office.submit())["application_id"]
    before = await office.pool.fetchrow("SELECT * FROM vault WHERE application_id = $1", UUID(erased))
    async with office.pool.acquire() as connection:
        assert await vault_module.destroy(connection, neighbour) == 1
        assert await vault_module.destroy(connection, neighbour) == 0
    assert set(await ask(office, "notification", erased, kept)) == {kept}
    after = await office.pool.fetchrow("SELECT * FROM vault WHERE application_id = $1", UUID(erased))
    assert before is not None
    assert after is not None
    assert after["wrapped_key"] is None
    with pytest.raises(InvalidTag):
        office.vault.open(UUID(erased), Sealed(office.vault.seal(UUID(erased), AN).wrapped_key, after["sealed"]))


async def test_a_vault_under_another_key_fails_loudly_instead_of_telling_of_an_erasure(office: Office) -> None:
    application = UUID((await office.submit())["application_id"])
    with pytest.raises(InvalidTag):
        await Vault(b"x" * 32).tell(office.pool, [application], uuid4(), Purpose.NOTIFICATION)


async def test_only_services_ask(office: Office) -> None:
    body = {"purpose": "notification", "applications": [str(uuid4())]}
    for headers in (office.as_citizen(), office.as_officer()):
        answer = await office.client.post("/internal/applicants:batch", json=body, headers=headers)
        assert answer.status_code == 403


async def test_at_most_five_hundred_are_told_at_once(office: Office) -> None:
    body = {"purpose": "notification", "applications": [str(uuid4()) for _ in range(501)]}
    answer = await office.client.post("/internal/applicants:batch", json=body, headers=office.as_service())
    assert answer.status_code == 422
