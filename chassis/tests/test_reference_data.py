"""Files of rules: what loads is whole, and a fault is named by file, entry and field."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from motcua_chassis.legal_acts import Act, Citation, check_citations
from motcua_chassis.reference_data import (
    Dated,
    Entry,
    Name,
    ReferenceDataError,
    clash,
    indexed,
    lineage,
    read_entries,
    read_entry,
    read_list,
    read_lists,
    read_yaml,
)

FROM, TO = date(2026, 1, 1), date(2026, 6, 30)


class Rule(Dated):
    id: str
    name: Name
    limits: tuple[int, ...] = ()


NAME = {"vi": "Thử", "en": "Trial"}
RULE: dict[str, Any] = {"id": "one", "name": NAME, "effective_from": FROM, "effective_to": TO}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rules.yaml"


def rule(**changed: Any) -> Rule:
    return Rule.model_validate({**RULE, **changed})


def test_an_entry_that_was_read_cannot_be_changed() -> None:
    [entry] = read_entries(Rule, [RULE], "rules.yaml: rule")
    assert (entry.id, entry.name.en) == ("one", "Trial")
    with pytest.raises(ValidationError, match="frozen"):
        entry.id = "two"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({**RULE, "name": {"vi": "Thử"}}, r"rules\.yaml: rule one: name\.en: Field required"),
        ({**RULE, "name": {"vi": "", "en": "x"}}, r"rules\.yaml: rule one: name\.vi: String should have at least"),
        ({**RULE, "limits": [1, "x"]}, r"rules\.yaml: rule one: limits\.1: Input should be a valid integer"),
        ({**RULE, "limmits": [1]}, r"rules\.yaml: rule one: limmits: Extra inputs are not permitted"),
        ({"name": NAME}, r"rules\.yaml: rule number 1: effective_from: Field required; id: Field required"),
        (3, r"rules\.yaml: rule number 1: Input should be a valid dictionary"),
        ({**RULE, "effective_to": date(2025, 12, 31)}, r"rule one: .*effective_to 2025-12-31 is before .*2026-01-01"),
    ],
)
def test_a_wrong_entry_is_refused_with_all_its_faults_by_file_entry_and_field(raw: Any, message: str) -> None:
    with pytest.raises(ReferenceDataError, match=message):
        read_entries(Rule, [raw], "rules.yaml: rule")


def test_an_entry_without_a_key_is_named_by_its_place_and_a_whole_file_by_its_name() -> None:
    with pytest.raises(ReferenceDataError, match=r"rules\.yaml: rule number 2: "):
        read_entries(Rule, [RULE, {}], "rules.yaml: rule")
    with pytest.raises(ReferenceDataError, match=r"^rules\.yaml: limits: "):
        read_entry(Rule, {**RULE, "limits": 3}, "rules.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("acts: [", "not readable as YAML"),
        ("", "the top level must hold exactly the lists `acts` and `rules`"),
        ("acts: []", "the top level must hold exactly the lists `acts` and `rules`"),
        ("acts: []\nrules: []\nmore: []", "the top level must hold exactly the lists `acts` and `rules`"),
        ("acts: []\nrules: {}", "`rules` must be a list"),
    ],
)
def test_a_file_without_its_lists_is_refused(path: Path, text: str, message: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReferenceDataError, match=rf"^rules\.yaml: {message}"):
        read_lists(path, "acts", "rules")


def test_a_file_that_should_be_one_list_is_told_so(path: Path) -> None:
    path.write_text("rules: 3", encoding="utf-8")
    with pytest.raises(ReferenceDataError, match=r"^rules\.yaml: must be a list"):
        read_list(path)
    with pytest.raises(ReferenceDataError, match=r"hold exactly the list `acts`$"):
        read_lists(path, "acts")


def test_a_file_that_is_absent_or_no_text_is_refused(path: Path) -> None:
    with pytest.raises(ReferenceDataError, match=r"^rules\.yaml: not readable"):
        read_yaml(path)
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ReferenceDataError, match=r"^rules\.yaml: not readable"):
        read_yaml(path)


def test_entries_are_found_by_their_key_and_none_is_there_twice() -> None:
    two = rule(id="two")
    assert indexed([rule(), two], "rules.yaml: rule") == {"one": rule(), "two": two}
    with pytest.raises(ReferenceDataError, match=r"rules\.yaml: rule two is there twice"):
        indexed([two, rule(), two], "rules.yaml: rule")


@pytest.mark.parametrize(
    ("day", "stands"),
    [(date(2025, 12, 31), False), (FROM, True), (TO, True), (date(2026, 7, 1), False)],
)
def test_what_stands_between_two_days_stands_on_both(day: date, stands: bool) -> None:  # noqa: FBT001
    assert rule().stands_on(day) is stands
    assert rule(effective_to=None).stands_on(day) is (day >= FROM)


@pytest.mark.parametrize(
    ("since", "until", "common"),
    [
        (date(2026, 7, 1), None, None),
        (TO, None, TO),
        (date(2020, 1, 1), date(2025, 12, 31), None),
        (date(2020, 1, 1), None, FROM),
        (date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 1)),
    ],
)
def test_a_clash_is_the_first_day_that_two_have_in_common(since: date, until: date | None, common: date | None) -> None:
    one, other = rule(), rule(id="other", effective_from=since, effective_to=until)
    assert one.meets(other) == other.meets(one) == common
    earlier = rule(id="earlier", effective_from=date(1999, 1, 1), effective_to=date(1999, 1, 1))
    assert clash([earlier, one, other]) == (common and (one, other, common))


def test_a_variant_follows_its_procedure() -> None:
    assert list(lineage("1.000894.01")) == ["1.000894.01", "1.000894"]
    assert list(lineage("1.000894")) == ["1.000894"]


ACTS = {
    act.number: act
    for act in (
        Act(number="97/2015/QH13", title=Name(vi="Luật", en="Law"), verified=True),
        Act(number="1/2026/QĐ-MAU-G01", title=Name(vi="Mẫu", en="Sample"), verified=False),
    )
}


@pytest.mark.parametrize(
    ("act", "verified", "message"),
    [
        ("2/2026/QĐ-MAU-G01", False, "cites 2/2026/QĐ-MAU-G01, which is not among the acts"),
        ("1/2026/QĐ-MAU-G01", True, "verified, but the act it cites, 1/2026/QĐ-MAU-G01, is not"),
    ],
)
def test_a_citation_needs_its_act_and_what_is_verified_a_verified_one(
    act: str,
    verified: bool,  # noqa: FBT001
    message: str,
) -> None:
    good = [
        (Citation(act="97/2015/QH13", article="Điều 1"), True),
        (Citation(act="1/2026/QĐ-MAU-G01", article="1"), False),
    ]
    check_citations(good, ACTS, "rules.yaml: rule one")
    with pytest.raises(ReferenceDataError, match=rf"^rules\.yaml: rule one: {message}$"):
        check_citations([*good, (Citation(act=act, article="Điều 2"), verified)], ACTS, "rules.yaml: rule one")


def test_a_part_of_a_file_may_hold_parts() -> None:
    class Whole(Entry):
        rules: tuple[Rule, ...]

    with pytest.raises(ReferenceDataError, match=r"^whole\.yaml: rules\.1\.id: Field required"):
        read_entry(Whole, {"rules": [RULE, {k: v for k, v in RULE.items() if k != "id"}]}, "whole.yaml")
