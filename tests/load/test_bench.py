"""Every build of the benchmark carries its applications to the end: figures of builds that lose some mean nothing."""

import pytest
from rich.console import Console

from tests.load import doors, floors, latency, replicas, volume
from tests.load.bench import Figures
from tests.load.pipeline import OURS, USUAL, Build, from_the_bus
from tests.load.report import Report

FEW = 60


@pytest.fixture(scope="module")
def figures() -> Figures:
    """What the tests of this module measured, for the last of them to report."""
    return Figures()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("build", [USUAL, OURS], ids=lambda build: build.module.rpartition(".")[2])
async def test_a_build_carries_all_its_applications(figures: Figures, build: Build) -> None:
    sample = await from_the_bus(build, FEW)
    figures.pipelines[build.title] = [sample]
    assert sample.units == FEW
    assert sample.python > 0
    assert sample.postgres > 0


@pytest.mark.timeout(240)
async def test_the_floor_passes_everything_on(figures: Figures) -> None:
    figures.pipelines["floor: one hop to a topic"] = [await floors.to_a_topic(FEW)]
    figures.pipelines["floor: one hop to a table"] = [await floors.to_a_table(FEW)]


@pytest.mark.timeout(240)
async def test_both_doors_answer_201_to_every_request(figures: Figures) -> None:
    figures.doors["a transaction a request"] = [await doors.usual(FEW)]
    figures.doors["Motcua"] = [await doors.ours(FEW)]
    assert all(rounds[0].units == FEW for rounds in figures.doors.values())


@pytest.mark.timeout(240)
async def test_two_replicas_keep_the_order(figures: Figures) -> None:
    figures.replicas["2 replicas"] = [await replicas.measure(2, FEW)]


@pytest.mark.timeout(240)
async def test_nothing_on_the_path_scans_a_table_that_grows(figures: Figures) -> None:
    figures.volume = await volume.measure(5_000, FEW)
    assert figures.volume.scanned == {}


@pytest.mark.timeout(240)
async def test_latency_is_of_every_application(figures: Figures) -> None:
    figures.latencies[OURS.title] = found = await latency.measure(OURS, seconds=2)
    assert 0 < found.median <= found.p99


def test_the_report_tells_of_all_of_them(figures: Figures) -> None:
    if OURS.title not in figures.pipelines:
        pytest.skip("the tests before it measure what it tells of")
    console = Console(record=True, width=200)
    Report(figures, "a test").show(console)
    told = console.export_text()
    assert {OURS.title, USUAL.title, "2 replicas", "5,000"} <= _cells(told)


def _cells(told: str) -> set[str]:
    return {cell.strip() for line in told.splitlines() for cell in line.split("│")}
