"""The law is data: which limits and rules apply is chosen by the day of submission."""

from datetime import date
from pathlib import Path

import pytest

from motcua_chassis.reference_data import ReferenceDataError
from motcua_intake.reference import Procedure, Procedures, load_procedures
from motcua_intake.time_rules import load_time_rules

CITATION = "citation: {act: 1/2020/QH14, title: {vi: Luật, en: Law}, article: Điều 1}"

TWO_VERSIONS = f"""
- code: "1.000001"
  name: {{vi: Thử, en: Trial}}
  level: commune
  working_days: 7
  online: full
  result: KQ.G15.000001
  channels: [online]
  effective_from: 2025-01-01
  effective_to: 2026-11-30
  {CITATION}
  form: [{{code: old, name: {{vi: Cũ, en: Old}}, kind: text}}]
  dossier_{CITATION}
  verified: false
- code: "1.000001"
  name: {{vi: Thử, en: Trial}}
  level: commune
  working_days: 3
  online: full
  result: KQ.G15.000001
  channels: [online]
  effective_from: 2026-12-01
  {CITATION}
  form: [{{code: new, name: {{vi: Mới, en: New}}, kind: text}}]
  dossier_{CITATION}
  verified: false
"""

RULES = f"""
supplements:
  - {{id: s/general, at_most: 1, respond_working_days: 10, effective_from: 2020-01-01, verified: false, {CITATION}}}
  - {{id: s/own, procedures: ["1.000001"], at_most: 2, respond_working_days: 5, effective_from: 2026-01-01,
      effective_to: 2026-06-30, verified: false, {CITATION}}}
extensions:
  - {{id: e/general, at_most_days: 5, effective_from: 2020-01-01, effective_to: 2026-03-31,
      verified: false, {CITATION}}}
  - {{id: e/later, at_most_days: 2, effective_from: 2026-04-01, verified: false, {CITATION}}}
  - {{id: e/other, procedures: ["1.000002"], at_most_days: 9, effective_from: 2026-02-01, verified: false, {CITATION}}}
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def procedures(tmp_path: Path) -> Procedures:
    rules = load_time_rules(write(tmp_path, "rules.yaml", RULES))
    return load_procedures(write(tmp_path, "trial.yaml", TWO_VERSIONS), rules)


def standing(procedures: Procedures, day: date) -> Procedure:
    found = procedures.find("1.000001", day)
    assert found is not None
    return found


def test_the_version_is_chosen_by_the_day_of_submission(procedures: Procedures) -> None:
    before, after = (standing(procedures, day) for day in (date(2026, 11, 30), date(2026, 12, 1)))
    assert (before.working_days, after.working_days) == (7, 3)
    assert before.has_item("field.old")
    assert not before.has_item("field.new")
    assert after.has_item("field.new")


def test_rules_change_on_their_own_days_within_one_version(procedures: Procedures) -> None:
    told = [
        (version.effective_from, version.supplements.id, version.extension.id)
        for version in procedures
        if version.working_days == 7
    ]
    assert told == [
        (date(2025, 1, 1), "s/general", "e/general"),
        (date(2026, 1, 1), "s/own", "e/general"),
        (date(2026, 4, 1), "s/own", "e/later"),
        (date(2026, 7, 1), "s/general", "e/later"),
    ]
    assert standing(procedures, date(2026, 6, 30)).supplements.respond_working_days == 5
    assert standing(procedures, date(2026, 7, 1)).supplements.respond_working_days == 10


@pytest.mark.parametrize(
    ("faulty", "message"),
    [
        (RULES.replace("effective_from: 2026-04-01", "effective_from: 2026-05-01"), "on 2026-04-01, found none"),
        (RULES.replace("effective_from: 2026-04-01", "effective_from: 2026-03-01"), "found e/general, e/later"),
        (RULES.replace("at_most: 1", "at_most: -1"), r"supplements\.0\.at_most: "),
        (RULES.replace("at_most: 1", "limit: 1"), "Extra inputs"),
    ],
)
def test_a_day_without_a_rule_or_with_two_is_refused(tmp_path: Path, faulty: str, message: str) -> None:
    with pytest.raises(ReferenceDataError, match=r"rules\.yaml: .*" + message):
        load_procedures(
            write(tmp_path, "trial.yaml", TWO_VERSIONS), load_time_rules(write(tmp_path, "rules.yaml", faulty))
        )


@pytest.mark.parametrize(
    ("faulty", "message"),
    [
        (TWO_VERSIONS.replace("code: old, name", "code: Old, name"), r"form\.0\.code: "),
        (TWO_VERSIONS.replace(f"  dossier_{CITATION}\n", "", 1), "no dossier_citation"),
        (
            TWO_VERSIONS.replace("[{code: old", "[{code: old, name: {vi: A, en: A}, kind: text}, {code: old"),
            "there twice",
        ),
    ],
)
def test_a_wrong_form_is_refused(tmp_path: Path, faulty: str, message: str) -> None:
    with pytest.raises(ReferenceDataError, match=r"trial\.yaml: procedure 1\.000001: .*" + message):
        load_procedures(write(tmp_path, "trial.yaml", faulty))


def test_a_second_supplement_may_be_asked_for_since_july_2025() -> None:
    shipped = load_procedures()
    before, after = (shipped.find("2.000815", day) for day in (date(2025, 6, 30), date(2025, 7, 1)))
    assert before is not None
    assert after is not None
    assert (before.supplements.at_most, after.supplements.at_most) == (1, 2)
    assert after.supplements.citation.act == "118/2025/NĐ-CP"
