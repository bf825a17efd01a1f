"""The gate lets pass what readers do not notice, and refuses the rest with a message that says what, where and how."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from motcua_contracts import CATALOGUE, PaymentExpired, Stream
from motcua_contracts.tools.__main__ import main
from motcua_contracts.tools.compatibility import Verdict, compare
from motcua_contracts.tools.compatibility_edits import EDITS, Edit, judge, verdict_of
from motcua_contracts.tools.published import load_published
from motcua_contracts.tools.schemas import schema_of

CONTRACTS = Path(__file__).parents[1]
PUBLISHED = load_published(CONTRACTS)
SETTLED = "vn.motcua.payment.settled.v1"


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    copy = tmp_path / "contracts"
    for folder in ("topics", "published"):
        shutil.copytree(CONTRACTS / folder, copy / folder)
    shutil.copy(CONTRACTS / "pyproject.toml", copy)
    return copy


def _gate(contracts: Path) -> int:
    return main(["compatibility", "--contracts", str(contracts)])


def _rewrite(contracts: Path, name: str, **changes: Any) -> None:
    """Change what is on record as published, which is the same as changing the model the other way round."""
    file = contracts / f"published/{name}.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | changes), "utf-8")


def _body(name: str) -> Any:
    return json.loads((CONTRACTS / f"published/{name}.json").read_text("utf-8"))["schema"]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.what)
def test_every_edit_gets_its_verdict_and_every_refusal_says_where_and_what_to_do(edit: Edit) -> None:
    found = judge(edit, PUBLISHED)
    assert verdict_of(found) is edit.verdict
    for difference in found:
        assert difference.what
        assert difference.mend or difference.verdict is Verdict.PASSES
        assert difference.where or edit.what in {
            "describe the event in other words",
            "refuse unknown fields",
            "give the event another name",
            "name the schema otherwise",
        }


def test_what_was_added_cannot_be_taken_away_again() -> None:
    added = next(edit for edit in EDITS if edit.what == "add an optional field")
    after = _body(SETTLED)
    added.apply(after)
    assert verdict_of(compare(after, _body(SETTLED))) is Verdict.REFUSED


def test_the_models_of_today_break_nothing_that_was_published(capsys: pytest.CaptureFixture[str]) -> None:
    assert _gate(CONTRACTS) == 0
    assert "0 breaking change(s)" in capsys.readouterr().out


def test_every_published_version_is_on_record_with_its_release() -> None:
    for name, entry in PUBLISHED.items():
        assert entry.body["$id"] == f"urn:motcua:schema:{name}"
        assert entry.since
        assert entry.release


def test_the_edit_of_a_model_is_judged_like_the_edit_of_its_schema() -> None:
    class Later(PaymentExpired, stream=Stream.PAYMENT, name="expired-later"):
        """Nobody paid in time."""

        grace_hours: int | None = None

    class Stricter(PaymentExpired, stream=Stream.PAYMENT, name="expired-stricter"):
        """Nobody paid in time."""

        grace_hours: int

    for made in (Later, Stricter):
        del CATALOGUE[made.type]
    named = {key: schema_of(PaymentExpired)[key] for key in ("$id", "title")}
    verdicts = [verdict_of(compare(schema_of(PaymentExpired), schema_of(made) | named)) for made in (Later, Stricter)]
    assert verdicts == [Verdict.PASSES, Verdict.REFUSED]


def test_a_breaking_change_fails_the_build_and_names_event_and_field(
    contracts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = _body(SETTLED)
    body["properties"]["cashier"] = {"type": "integer"}
    _rewrite(contracts, SETTLED, schema=body)
    assert _gate(contracts) == 1
    said = capsys.readouterr().out
    assert f"{SETTLED}: refused: cashier: removed" in said
    assert "new version" in said
    assert "1 breaking change(s)" in said


def test_a_new_value_is_announced_and_passes(contracts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = _body(SETTLED)
    body["$defs"]["Channel"]["enum"].remove("post")
    _rewrite(contracts, SETTLED, schema=body)
    assert _gate(contracts) == 0
    assert (
        f"{SETTLED}: announce: dossier.channel: may now be post. Write it into the changelog" in capsys.readouterr().out
    )


def test_a_published_version_whose_class_is_gone_is_missed(contracts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone = "vn.motcua.payment.forgiven.v1"
    shutil.copy(contracts / f"published/{SETTLED}.json", contracts / f"published/{gone}.json")
    assert _gate(contracts) == 1
    said = capsys.readouterr().out
    assert f"{gone}: refused: the event: a published version is gone. Bring its class back" in said
    assert f"retire {gone}" in said


def test_a_record_of_what_was_published_that_cannot_be_read_is_said(
    contracts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (contracts / f"published/{SETTLED}.json").write_text('{"release": 1}')
    assert _gate(contracts) == 2
    assert f"{SETTLED}.json: since: Field required; release: Input should be a valid string" in capsys.readouterr().err
    shutil.rmtree(contracts / "published")
    assert _gate(contracts) == 2
    assert "is it the contracts directory?" in capsys.readouterr().err


def test_a_release_takes_todays_schemas_and_keeps_when_each_began(contracts: Path) -> None:
    late = contracts / "published/vn.motcua.payment.received-late.v2.json"
    late.unlink(missing_ok=True)
    _release(contracts, "99.0.0")
    assert main(["publish", "--contracts", str(contracts)]) == 0
    assert json.loads(late.read_text("utf-8"))["since"] == "99.0.0"
    assert load_published(contracts)[SETTLED] == PUBLISHED[SETTLED]
    assert main(["publish", "--contracts", str(contracts)]) == 0


def test_a_release_needs_a_version_of_its_own(contracts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (contracts / "published/vn.motcua.payment.received-late.v2.json").unlink(missing_ok=True)
    _release(contracts, "0.0.9")
    assert main(["publish", "--contracts", str(contracts)]) == 2
    assert "raise the version" in capsys.readouterr().err


def test_what_breaks_is_not_published(contracts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = _body(SETTLED)
    body["title"] = "Paid"
    _rewrite(contracts, SETTLED, schema=body)
    _release(contracts, "99.0.0")
    assert main(["publish", "--contracts", str(contracts)]) == 2
    assert "1 breaking change(s)" in capsys.readouterr().err
    assert load_published(contracts)[SETTLED].body["title"] == "Paid"


def _release(contracts: Path, version: str) -> None:
    (contracts / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')
