"""What would a decree have changed? A rehearsal names exactly the applications it touches, and nothing else."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from motcua_chassis.codec import Incoming
from motcua_chassis.differences import Kind
from motcua_chassis.rehearsal import Rehearsal
from motcua_chassis.replayable import Given, find
from motcua_contracts import CATALOGUE, PaymentRequested, PaymentSettled, Stream
from motcua_contracts.tools.examples import story
from motcua_events.cli import app
from services.payment.tests.story import FREE, KEPT, OWING, ends, paid, verified
from tests.replay.conftest import COPY_RULE
from tests.support.recorded_run import RecordedRun, records
from tests.support.recordings import write_recording

Rehearse = Callable[..., Result]


@pytest.fixture
def rehearse() -> Rehearse:
    def call(*arguments: object) -> Result:
        return CliRunner().invoke(app, ["rehearse", *map(str, arguments)], catch_exceptions=False)

    return call


@pytest.fixture(scope="module")
def runs() -> list[RecordedRun]:
    """Thirty applications: a third owes the fee of a copy, a third another one, a third nothing."""
    payment = find("payment")
    told = []
    for number in range(30):
        run = RecordedRun(payment)
        run.take(verified([OWING, KEPT, FREE][number % 3]))
        if number % 2:
            amount = run.state.request.amount if run.state.request else 1
            run.take(paid(f"1400{number:04d}", amount, run.application.hex))
        if number % 5 == 0:
            run.take(ends([OWING, KEPT, FREE][number % 3])["withdrawn"])
        told.append(run)
    return told


@pytest.fixture(scope="module")
def recording(runs: list[RecordedRun], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recording(tmp_path_factory.mktemp("rehearsal") / "march", records(runs))


def documents(said: Result) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in said.stdout.splitlines())


def test_unchanged_rules_say_the_same(rehearse: Rehearse, recording: Path) -> None:
    said = rehearse("payment", recording, "--json")
    assert said.exit_code == 0, said.output
    [summary] = documents(said)
    assert (summary["same"], summary["applications"], summary["not_rehearsed"]) == (True, 30, 0)


def test_a_changed_fee_names_exactly_the_applications_it_touches(
    rehearse: Rehearse, recording: Path, runs: list[RecordedRun], decree: Path
) -> None:
    said = rehearse("payment", recording, "--with", f"fees={decree}", "--json")
    assert said.exit_code == 1
    *differences, summary = documents(said)

    billed = {str(run.application): run for run in runs if any(_owes_copy(e.event) for e in run.own)}
    assert {each["application"] for each in differences} == set(billed)
    assert len(billed) == summary["differing_applications"] == 10
    assert {(each["kind"], each["event"], each["occurrence"]) for each in differences} == {
        ("changed", PaymentRequested.type, 1)
    }
    assert {each["field"] for each in differences} == {"amount", "lines.0.amount"}
    assert {(each["recorded"], each["rehearsed"]) for each in differences} == {(6_000, 7_000)}


def _owes_copy(event: Any) -> bool:
    return isinstance(event, PaymentRequested) and any(line.rule == COPY_RULE for line in event.lines)


def test_the_report_is_one_page_that_asks_for_nothing(
    rehearse: Rehearse, recording: Path, runs: list[RecordedRun], decree: Path, tmp_path: Path
) -> None:
    page = tmp_path / "decree.html"
    said = rehearse("payment", recording, "--with", f"fees={decree}", "--report", page)
    assert said.exit_code == 1
    text = page.read_text(encoding="utf-8")
    assert "6.000 đ" in text
    assert "7.000 đ" in text
    assert all(word in text for word in ("Diễn lại", "Rehearsal", "10 trong 30 hồ sơ", "10 of 30 applications"))
    assert text.count("Đổi giá trị") == 21  # two fields of ten applications, and the chart
    assert "http" not in text
    assert str(runs[0].application) in text
    assert "different: 20 in 10 applications" in said.stdout


def test_a_range_judges_only_its_decisions(rehearse: Rehearse, recording: Path, decree: Path) -> None:
    with_ = "--with", f"fees={decree}"
    assert rehearse("payment", recording, *with_, "--to", "2026-11-22T10:00").exit_code == 0
    assert rehearse("payment", recording, *with_, "--from", "2026-11-22T10:00").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("payment", "nowhere"), "is no recording"),
        (("payments", "{recording}"), "no service payments"),
        (("payment", "{recording}", "--with", "fees"), "NAME=VALUE"),
        (("payment", "{recording}", "--with", "tax=x"), "takes no tax"),
        (("payment", "{recording}", "--with", "fees=nowhere.yaml"), "there is no file nowhere.yaml"),
        (("payment", "{recording}", "--with", "fees={recording}/manifest.json"), "--with"),
        (("payment", "{recording}", "--with", "payment-window=soon"), "payment-window"),
    ],
)
def test_what_cannot_be_done_is_one_message_and_exit_2(
    rehearse: Rehearse, recording: Path, arguments: tuple[str, ...], word: str
) -> None:
    said = rehearse(*(each.format(recording=recording) for each in arguments))
    assert said.exit_code == 2
    assert word in said.stderr
    assert "Traceback" not in said.output


def test_a_damaged_recording_is_refused(rehearse: Rehearse, runs: list[RecordedRun], tmp_path: Path) -> None:
    directory = write_recording(tmp_path / "damaged", records(runs[:2]))
    [segment] = directory.glob("*.zst")
    segment.write_bytes(segment.read_bytes()[:-7])
    said = rehearse("payment", directory)
    assert said.exit_code == 2
    assert "cut or changed" in said.stderr


def test_own_events_that_cannot_be_read_are_never_called_the_same(
    rehearse: Rehearse, runs: list[RecordedRun], tmp_path: Path
) -> None:
    newer = f"{PaymentSettled.type[:-1]}9"
    own = [
        e._replace(envelope=e.envelope._replace(type=newer)) if isinstance(e.event, PaymentSettled) else e
        for e in records(runs[:6])
    ]
    said = rehearse("payment", write_recording(tmp_path / "newer", own))
    assert said.exit_code == 2
    assert "as far as it can be read" in said.stdout
    assert "own events cannot be read" in said.stderr


def test_a_decision_without_its_beginning_is_said_to_be_left_out(
    rehearse: Rehearse, runs: list[RecordedRun], tmp_path: Path
) -> None:
    run = next(run for run in runs if len(run.own) == 2)
    said = rehearse("payment", write_recording(tmp_path / "cut", [*run.upstream, run.own[1]]), "--json")
    [left_out, summary] = documents(said)
    assert said.exit_code == 0
    assert (left_out["kind"], summary["not_rehearsed"]) == (Kind.NOT_REHEARSED, 1)


CALLED_OTHERWISE = {("refund-requested", "refund")}
"""The story was told by hand: it leaves optional fields out, and has names of its own for refunds."""


@pytest.mark.parametrize("service", Stream)
def test_the_example_story_is_one_the_services_would_tell_again(service: Stream) -> None:
    found = find(service.value)
    rehearsal = Rehearsal(found.decider(Given()), found.recall, found.reads)
    told: dict[UUID, list[Incoming]] = {}
    for envelope, event in story():
        told.setdefault(envelope.subject, []).append(Incoming(envelope, event))
    for application, events in told.items():
        own = [each for each in events if each.event.stream is service]
        upstream = [each for each in events if each.event.stream is not service]
        for each in rehearsal.application(application, own, upstream):
            assert each.kind is Kind.CHANGED, each
            assert not each.recorded or (CATALOGUE[each.event].name, each.field) in CALLED_OTHERWISE, each
    assert rehearsal.tally.decisions > 9
