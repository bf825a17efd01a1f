"""The four eyes as data: which rule holds when, and what a wrong file says."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from motcua_chassis.reference_data import ReferenceDataError
from motcua_identity.review_rules import PACKAGED, load_rules

ACT = {"number": "1/2026/QĐ-MAU-G01", "title": {"vi": "Quyết định mẫu", "en": "Sample decision"}, "verified": False}
RULE: dict[str, Any] = {
    "id": "identity/one",
    "name": {"vi": "Hai cán bộ", "en": "Two officers"},
    "procedure": "3.000333",
    "effective_from": date(2026, 1, 1),
    "effective_to": date(2026, 6, 30),
    "citation": {"act": ACT["number"], "article": "Điều 5"},
    "verified": False,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reviews.yaml"


def write(path: Path, *rules: dict[str, Any], acts: list[Any] | None = None) -> Path:
    path.write_text(yaml.safe_dump({"acts": [ACT] if acts is None else acts, "rules": list(rules)}), encoding="utf-8")
    return path


def test_the_packaged_rules_load_and_cite_their_act() -> None:
    rules = load_rules()
    rule = rules.four_eyes("3.000333", date(2026, 11, 22))
    assert rule is not None
    assert rule.citation.act
    assert rules.four_eyes("2.000815", date(2026, 11, 22)) is None
    assert rules.four_eyes("3.000333", date(2025, 12, 31)) is None
    assert PACKAGED.name == "reviews.yaml"


@pytest.mark.parametrize(
    ("filed_on", "rule"),
    [
        (date(2025, 12, 31), None),
        (date(2026, 1, 1), "identity/one"),
        (date(2026, 6, 30), "identity/one"),
        (date(2026, 7, 1), "identity/two"),
        (date(2099, 1, 1), "identity/two"),
    ],
)
def test_the_day_of_filing_chooses_the_rule(path: Path, filed_on: date, rule: str | None) -> None:
    later = {**RULE, "id": "identity/two", "effective_from": date(2026, 7, 1), "effective_to": None}
    found = load_rules(write(path, RULE, later)).four_eyes("3.000333", filed_on)
    assert (found and found.id) == rule


def test_a_variant_follows_its_procedure_unless_it_has_a_rule(path: Path) -> None:
    own = {**RULE, "id": "identity/own", "procedure": "3.000333.01"}
    rules = load_rules(write(path, RULE, own))
    day = date(2026, 3, 1)
    found = {code: rules.four_eyes(code, day) for code in ("3.000333.01", "3.000333.02", "3.000333.000.00.00.H55")}
    assert [rule and rule.id for rule in found.values()] == ["identity/own", "identity/one", "identity/one"]
    assert rules.four_eyes("3.000334", day) is None


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"procedure": 3.000333}, r"reviews.yaml: rule identity/one: procedure: Input should be a valid string"),
        ({"effective_until": date(2027, 1, 1)}, r"rule identity/one: effective_until: Extra inputs"),
        ({"effective_to": date(2025, 1, 1)}, r"rule identity/one: .*effective_to 2025-01-01 is before"),
        ({"id": "Not an id"}, r"rule Not an id: id: "),
        ({"citation": {"act": "2/2026/QĐ-X", "article": "1"}}, r"rule identity/one: cites 2/2026/QĐ-X, which is not"),
        ({"verified": True}, r"rule identity/one: verified, but the act it cites, 1/2026/QĐ-MAU-G01, is not"),
        ({"name": {"vi": "Hai cán bộ"}}, r"rule identity/one: name.en: Field required"),
    ],
)
def test_a_wrong_rule_is_named_with_its_fault(path: Path, changed: dict[str, Any], fault: str) -> None:
    with pytest.raises(ReferenceDataError, match=fault):
        load_rules(write(path, {**RULE, **changed}))


def test_rules_that_hold_together_or_bear_one_name_are_refused(path: Path) -> None:
    other = {**RULE, "id": "identity/two", "effective_from": date(2026, 6, 30), "effective_to": None}
    with pytest.raises(ReferenceDataError, match="rules identity/one and identity/two both hold on 2026-06-30"):
        load_rules(write(path, RULE, other))
    with pytest.raises(ReferenceDataError, match="rule identity/one is there twice"):
        load_rules(write(path, RULE, {**RULE, "procedure": "2.000815"}))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("acts: [", "not readable as YAML"),
        ("", "exactly the lists `acts` and `rules`"),
        ("acts: []\nrules: []\nmore: 1", "exactly the lists `acts` and `rules`"),
        ("acts: []\nrules: {}", "`rules` must be a list"),
        ("acts: [3]\nrules: []", "act number 1: "),
    ],
)
def test_what_is_no_rule_file_is_refused(path: Path, text: str, fault: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReferenceDataError, match=fault):
        load_rules(path)


def test_a_file_that_is_not_there_is_refused(path: Path) -> None:
    with pytest.raises(ReferenceDataError, match=r"reviews.yaml: not readable"):
        load_rules(path)
