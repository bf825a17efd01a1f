"""Where an application stands follows from intake's events alone, and the README says how."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from motcua_contracts import (
    ApplicationStatusChanged,
    ApplicationSupplemented,
    ApplicationWithdrawn,
    Event,
    Status,
    Stream,
)
from motcua_contracts.tools.examples import TALES
from motcua_contracts.tools.telling import Example

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
SECTION = README.split("\n## Where an application stands\n", 1)[1].split("\n## ", 1)[0]
ROWS = [line.strip("|").split("|") for line in SECTION.splitlines() if line.startswith("| `")]
GIVES: Mapping[str, Status] = {
    "application-submitted": Status.SUBMITTED,
    "supplement-requested": Status.SUPPLEMENT_REQUESTED,
    "application-accepted": Status.ACCEPTED,
    "processing-started": Status.IN_PROCESS,
    "application-decided": Status.DECIDED,
    "result-returned": Status.RESULT_RETURNED,
    "application-declined": Status.DECLINED,
    "application-stopped": Status.STOPPED,
    "application-withdrawn": Status.WITHDRAWN,
}
"""What each of intake's own steps leaves an application in."""
ENDS = {
    Status.RESULT_RETURNED,
    Status.IDENTITY_REJECTED,
    Status.PAYMENT_EXPIRED,
    Status.DECLINED,
    Status.STOPPED,
    Status.WITHDRAWN,
}


def _taken(examples: Iterable[Example]) -> list[tuple[Status, Event]]:
    """Every status one application takes, and the event that gave it, in order."""
    steps: list[tuple[Status, Event]] = []
    for _, event in examples:
        if isinstance(event, ApplicationStatusChanged):
            steps.append((event.status, event))
        elif isinstance(event, ApplicationSupplemented):
            steps.append((steps[-2][0], event))
        elif event.stream is Stream.INTAKE and event.name in GIVES:
            steps.append((GIVES[event.name], event))
    return steps


def test_every_status_occurs() -> None:
    assert {status for tale in TALES for status, _ in _taken(tale())} == set(Status)


@pytest.mark.parametrize("tale", TALES, ids=lambda tale: tale.__name__)
def test_an_application_goes_from_its_submission_to_an_end(tale: Any) -> None:
    taken = [status for status, _ in _taken(tale())]
    assert taken[0] is Status.SUBMITTED
    assert [status for status in taken if status in ENDS] == [taken[-1]]


@pytest.mark.parametrize("tale", TALES, ids=lambda tale: tale.__name__)
def test_an_event_that_names_the_status_before_names_the_one_there_was(tale: Any) -> None:
    told = tale()
    for place, example in enumerate(told):
        if isinstance(example.event, (ApplicationStatusChanged, ApplicationWithdrawn)):
            assert example.event.previous is _taken(told[:place])[-1][0]


def test_the_readme_says_which_event_gives_each_status() -> None:
    given = {(status.value, event.name) for tale in TALES for status, event in _taken(tale())}
    told = {
        (status, event.strip(" `"))
        for statuses, event in ROWS
        for status in re.findall(r"[a-z-]+", statuses.replace("(ends)", "").replace("(end)", ""))
    }
    assert told == given - {(status, "application-supplemented") for status, _ in given}


def test_the_readme_marks_the_statuses_that_are_ends() -> None:
    ends = {status for told, _ in ROWS if "(end" in told for status in re.findall(r"([a-z-]+)`", told)}
    last = {_taken(tale())[-1][0].value for tale in TALES}
    assert ends == last
