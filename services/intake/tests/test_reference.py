"""The reference data we ship, and how wrong data is refused."""

from datetime import date
from pathlib import Path

import pytest

from motcua_chassis.reference_data import ReferenceDataError
from motcua_intake.reference import Level, load_agencies, load_procedures
from motcua_intake.working_calendar import load_calendar

TODAY = date(2026, 11, 22)
PROCEDURES, AGENCIES, CALENDAR = load_procedures(), load_agencies(), load_calendar()


def test_every_sample_procedure_is_there_and_can_be_filed_somewhere() -> None:
    codes = {"1.001193", "1.000894", "2.000815", "2.000908", "1.001612", "1.004222", "3.000333", "3.000347"}
    assert {procedure.code for procedure in PROCEDURES} == codes
    assert all(AGENCIES.taking(procedure) for procedure in PROCEDURES)


def test_a_local_variant_and_a_sub_service_follow_their_procedure() -> None:
    for code in ("2.000815", "2.000815.000.00.00.H55", "2.000815.01"):
        found = PROCEDURES.find(code, TODAY)
        assert found is not None
        assert found.code == "2.000815"


def test_a_procedure_is_not_found_before_it_stands_nor_where_it_does_not_exist() -> None:
    assert PROCEDURES.find("3.000333", date(2025, 2, 28)) is None
    assert PROCEDURES.find("3.000333", date(2025, 3, 1)) is not None
    assert PROCEDURES.find("9.999999", TODAY) is None


def test_the_police_of_a_city_sit_in_its_province_under_the_ministry() -> None:
    police = AGENCIES.get("G01.29")
    assert police is not None
    assert (police.province, police.level, police.parent) == ("H29", Level.PROVINCIAL_POLICE, "G01")
    assert AGENCIES.get("H99") is None


def test_only_years_with_a_notice_are_announced() -> None:
    assert [CALENDAR.is_announced(year) for year in (2025, 2026, 2027, 2028)] == [True, True, False, False]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


PROCEDURE = """
- code: "1.000001"
  name: {vi: Thử, en: Trial}
  level: commune
  working_days: 1
  online: full
  result: KQ.G15.000001
  channels: [online]
  effective_from: 2020-01-01
  citation: {act: 1/2020/QH14, title: {vi: Luật, en: Law}, article: Điều 1}
  verified: false
"""


@pytest.mark.parametrize(
    ("faulty", "message"),
    [
        (PROCEDURE + PROCEDURE, r"procedure 1\.000001: two versions stand on 2020-01-01"),
        (PROCEDURE.replace("working_days: 1", "working_days: -1"), r"procedure 1\.000001: working_days: "),
        (PROCEDURE + "  limit: 3\n", r"procedure 1\.000001: limit: Extra inputs"),
        (PROCEDURE.replace("code:", "kode:"), r"procedure number 1: code: Field required"),
        ("code: 1", "must be a list"),
        ("- [", "not readable as YAML"),
    ],
)
def test_a_wrong_procedure_is_refused_by_file_entry_and_field(tmp_path: Path, faulty: str, message: str) -> None:
    with pytest.raises(ReferenceDataError, match=r"trial\.yaml: " + message):
        load_procedures(write(tmp_path, "trial.yaml", faulty))


AGENCY = "- {{code: {code}, name: {{vi: Thử, en: Trial}}, level: commune, parent: {parent}, verified: false}}\n"


@pytest.mark.parametrize(
    ("faulty", "message"),
    [
        (AGENCY.format(code="H29.1", parent="H29"), r"H29\.1: its parent H29 is not in the file"),
        (
            AGENCY.format(code="H26", parent="null") + AGENCY.format(code="H29.1", parent="H26"),
            "its code does not begin",
        ),
        (AGENCY.format(code="H29", parent="null") * 2, "H29 is there twice"),
        (AGENCY.format(code="X29", parent="null"), "X29: code: "),
    ],
)
def test_a_wrong_agency_is_refused_by_file_entry_and_field(tmp_path: Path, faulty: str, message: str) -> None:
    with pytest.raises(ReferenceDataError, match=message):
        load_agencies(write(tmp_path, "trial.yaml", faulty))


CALENDAR_DATA = """
office_hours: [{opens: "07:30", closes: "17:00"}]
same_day_until: "15:00"
notices: [{number: N1, title: {vi: Báo, en: Notice}, verified: true}]
years: [{year: 2026, verified: true, swaps: [{closed: 2026-03-02, worked: 2026-03-07, notice: N1}]}]
"""


def test_a_swap_closes_one_day_and_opens_another(tmp_path: Path) -> None:
    calendar = load_calendar(write(tmp_path, "trial.yaml", CALENDAR_DATA))
    assert not calendar.is_working_day(date(2026, 3, 2))
    assert calendar.is_working_day(date(2026, 3, 7))
    assert not calendar.is_working_day(date(2026, 3, 14))


@pytest.mark.parametrize(
    ("faulty", "message"),
    [
        (CALENDAR_DATA.replace("worked: 2026-03-07", "worked: 2026-03-06"), "2026-03-06 is to be worked"),
        (CALENDAR_DATA.replace("notice: N1", "notice: N2"), "not in the file: N2"),
    ],
)
def test_a_wrong_calendar_is_refused(tmp_path: Path, faulty: str, message: str) -> None:
    with pytest.raises(ReferenceDataError, match=r"trial\.yaml: .*" + message):
        load_calendar(write(tmp_path, "trial.yaml", faulty))
