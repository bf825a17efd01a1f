"""The alerts on paper: each is well formed, tested both ways by promtool, has a runbook; and nothing is left over."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml

from motcua_intake.metrics import AGES
from tests.observability.binaries import NotToBeHadError, binary
from tests.observability.figures import shown
from tests.observability.rules import ALERTS, ROOT, RUNBOOKS, alerts, case_files, rule_files


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Prometheus' own judge of rules."""
    try:
        return binary("promtool")
    except NotToBeHadError as reason:
        pytest.skip(str(reason))


def said(promtool: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [str(promtool), *arguments], capture_output=True, text=True, cwd=ALERTS, timeout=60, check=False
    )


def test_promtool_finds_nothing_wrong_with_the_rules(promtool: Path) -> None:
    checked = said(promtool, "check", "rules", "--lint-fatal", *map(str, rule_files()))

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_alert_fires_when_it_should_and_keeps_quiet_when_it_should(promtool: Path) -> None:
    tested = said(promtool, "test", "rules", *map(str, case_files()))

    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_alert_is_tested_both_ways_and_no_test_is_without_its_alert() -> None:
    ways: Counter[tuple[str, bool]] = Counter()
    for file in case_files():
        for test in yaml.safe_load(file.read_text("utf-8"))["tests"]:
            for case in test["alert_rule_test"]:
                ways[case["alertname"], bool(case["exp_alerts"])] += 1

    assert {name for name, _ in ways} == set(alerts())
    assert not [(name, fires) for name in alerts() for fires in (True, False) if not ways[name, fires]]


def test_every_alert_says_what_it_is_how_bad_it_is_and_where_its_runbook_lies() -> None:
    for name, rule in alerts().items():
        told = rule["annotations"]
        assert set(told) == {"summary", "description", "runbook_url"}, name
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}, name
        assert told["runbook_url"] == f"docs/runbooks/{name}.md", name
        assert (ROOT / told["runbook_url"]).is_file(), name


def test_every_runbook_belongs_to_an_alert_and_says_how_to_see_it_what_to_do_and_when_it_is_over() -> None:
    pages = {page.stem: page.read_text("utf-8") for page in RUNBOOKS.glob("Motcua*.md")}

    assert set(pages) == set(alerts())
    for name, page in pages.items():
        assert page.startswith(f"# {name}\n"), name
        assert not [part for part in ("**See it.**", "**Do.**", "**Over**") if part not in page], name
        links = re.findall(r"\]\((\w+)\.md\)", page)
        assert not set(links) - set(pages), name


def test_alerts_speak_of_figures_that_the_services_have_and_of_ages_that_they_know() -> None:
    known = shown()

    for name, rule in alerts().items():
        assert not set(re.findall(r"\bmotcua_\w+", rule["expr"])) - known, name
        for listed in re.findall(r'age(?:=|!=|=~|!~)"([^"]+)"', rule["expr"]):
            assert set(listed.split("|")) <= set(AGES), name
