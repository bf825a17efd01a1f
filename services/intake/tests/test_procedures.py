"""The catalogue over HTTP tells everything one must know before filing, in both languages."""

from datetime import date
from typing import Any

import pytest

from motcua_intake.procedures import page
from motcua_intake.reference import load_agencies, load_procedures
from services.intake.tests.office import Office

PROCEDURES, AGENCIES = load_procedures(), load_agencies()


def shown(code: str) -> dict[str, Any]:
    found = PROCEDURES.find(code, date(2026, 11, 22))
    assert found is not None
    return page(found, AGENCIES.taking(found)).model_dump(mode="json", exclude_none=True)


def test_a_field_shows_the_limits_of_its_kind_and_no_others() -> None:
    fields = {field["code"]: field for field in shown("1.001193")["form"]}
    assert fields["child-name"] == {
        "item": "field.child-name",
        "code": "child-name",
        "name": {"vi": "Họ, chữ đệm, tên của trẻ", "en": "Full name of the child"},
        "kind": "text",
        "required": True,
        "longest": 100,
    }
    assert set(fields["child-born-on"]) >= {"earliest", "latest"}
    assert [choice["code"] for choice in fields["child-gender"]["choices"]] == ["female", "male"]


def test_rules_on_time_stand_with_what_they_rest_on() -> None:
    business = shown("1.001612")
    assert business["supplements"]["respond_working_days"] == 20
    assert business["supplements"]["citation"]["act"] == "168/2025/NĐ-CP"
    assert business["extension"]["at_most_days"] == 5
    assert business["extension"]["citation"]["act"] == "118/2025/NĐ-CP"


@pytest.mark.parametrize("code", sorted({procedure.code for procedure in PROCEDURES}))
async def test_every_procedure_we_ship_is_shown_with_papers_rules_and_places(code: str, office: Office) -> None:
    answer = await office.client.get(f"/procedures/{code}", headers=office.as_citizen())
    assert answer.status_code == 200
    found = answer.json()
    assert found["form"]
    assert found["documents"]
    assert found["agencies"]
    assert found["dossier_citation"]["act"]
    assert found["verified"] is False
    assert {"at_most", "respond_working_days", "citation"} == set(found["supplements"])


async def test_the_list_names_each_procedure_once(office: Office) -> None:
    answer = await office.client.get("/procedures", headers=office.as_citizen())
    codes = [procedure["code"] for procedure in answer.json()]
    assert sorted(codes) == sorted({procedure.code for procedure in PROCEDURES})


async def test_a_procedure_we_do_not_know_is_not_found(office: Office) -> None:
    answer = await office.client.get("/procedures/9.999999", headers=office.as_citizen())
    assert (answer.status_code, answer.json()["code"]) == (404, "procedure-not-found")
