"""Who is told what, as data: complete, without contradiction, and a fault in it is named when the service starts."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from motcua_chassis.reference_data import ReferenceDataError
from motcua_contracts import Medium, Topic
from motcua_notification.letters import TEMPLATES
from motcua_notification.rules import PACKAGED, RULES, read_rules
from services.notification.tests.cases import told_events

TODAY = date(2026, 11, 22)
GOOD: dict[str, Any] = {
    "id": "intake.application-decided",
    "event": "vn.motcua.intake.application-decided.v1",
    "topic": "decided",
    "template": "decided.v2",
    "facts": {"outcome": "outcome", "ground": "ground"},
    "mediums": ["email", "sms"],
    "effective_from": date(2026, 1, 1),
}


def test_every_topic_has_one_rule_in_force_from_now_on() -> None:
    for later in (0, 30, 3_650):
        day = TODAY + timedelta(days=later)
        in_force = [rule.topic for rule in RULES.all if rule.stands_on(day)]
        assert sorted(in_force) == sorted(Topic)


def test_every_event_the_rules_speak_of_is_told_about() -> None:
    assert {type(event) for event in told_events()} == set(RULES.events)
    assert all(len(RULES.asked_by(event, TODAY)) == 1 for event in told_events())


def test_every_template_of_a_rule_was_written() -> None:
    RULES.require_templates({folder.name for folder in TEMPLATES.iterdir()})
    with pytest.raises(ReferenceDataError, match=r"application-submitted: there is no template submitted\.v1"):
        RULES.require_templates({"decided.v1"})


def test_a_wording_that_was_replaced_stays_with_its_rule() -> None:
    [old, new] = [rule for rule in RULES.all if rule.topic is Topic.DECIDED]
    assert (old.template, new.template) == ("decided.v1", "decided.v2")
    assert old.effective_to is not None
    assert new.effective_from == old.effective_to + timedelta(days=1)
    assert RULES.named(old.id) is old
    assert RULES.mediums_of(None) == (Medium.EMAIL,)


def test_the_papers_of_the_circular_are_required_by_it() -> None:
    required = {rule.topic for rule in RULES.all if rule.required and rule.required.act == "03/2025/TT-VPCP"}
    assert required == {
        Topic.ACCEPTED,
        Topic.SUPPLEMENT_REQUESTED,
        Topic.DECLINED,
        Topic.DECIDED,
        Topic.APPOINTMENT_EXTENDED,
        Topic.STOPPED,
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"event": "vn.motcua.intake.application-lost.v1"}, "is no event of the contracts"),
        ({"topic": "gossip"}, "topic: Input should be"),
        ({"template": "decided"}, "template: String should match"),
        ({"facts": {"outcome": "result_of_it"}}, "has no field result_of_it"),
        ({"facts": {"weather": "outcome"}}, "there is no fact weather"),
        ({"facts": {"amount": "outcome"}}, "amount cannot hold outcome"),
        ({"number": "numero"}, "has no field numero"),
        ({"number": "outcome"}, "is not a whole number"),
        ({"given": ["nobody"]}, "has no field nobody"),
        ({"mediums": ["sms"]}, "e-mail among them"),
        ({"mediums": []}, "mediums: Tuple should have at least 1"),
        ({"mediums": ["email", "pigeon"]}, "mediums.1: Input should be"),
        ({"effective_to": date(2025, 1, 1)}, "is before effective_from"),
        ({"event": "vn.motcua.payment.refund-failed.v1", "facts": {}}, "add `given: [dossier]`"),
        ({"event": "vn.motcua.intake.application-status-changed.v1", "facts": {}}, "names no dossier"),
        ({"medium": "email"}, "Extra inputs"),
        ({"id": None}, "id: "),
    ],
)
def test_a_fault_in_a_rule_is_named_with_its_rule(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError, match=r"rules\.yaml: rule ") as raised:
        read_rules(written(tmp_path, [GOOD | change]))
    assert said in str(raised.value)


def test_two_rules_for_one_topic_on_one_day_are_refused(tmp_path: Path) -> None:
    until, then = {"effective_to": date(2026, 6, 30)}, {"id": "decided/2", "effective_from": date(2026, 7, 1)}
    assert len(read_rules(written(tmp_path, [GOOD | until, GOOD | then])).all) == 2
    with pytest.raises(ReferenceDataError, match="both stand on 2026-07-01 for decided"):
        read_rules(written(tmp_path, [GOOD, GOOD | then]))
    with pytest.raises(ReferenceDataError, match=r"rule intake\.application-decided is there twice"):
        read_rules(written(tmp_path, [GOOD | until, GOOD | {"topic": "declined"}]))


@pytest.mark.parametrize("text", ["rules: [", "[]", "rules: {}", "rules: []\nextra: 1", "rules: [1]"])
def test_a_file_that_is_no_list_of_rules_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    with pytest.raises(ReferenceDataError, match=r"rules\.yaml"):
        read_rules(file)


def test_the_packaged_rules_are_the_ones_in_use() -> None:
    assert [rule.id for rule in read_rules(PACKAGED).all] == [rule.id for rule in RULES.all]


def written(folder: Path, rules: list[dict[str, Any]]) -> Path:
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump({"rules": rules}, allow_unicode=True))
    return file
