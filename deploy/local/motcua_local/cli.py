"""The command `motcua`."""

import asyncio
import os
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from motcua_contracts.tools.topics import load_topics
from motcua_local.access import Access
from motcua_local.answering import answers_within
from motcua_local.containers.composed import ComposedSystem
from motcua_local.demo.run import demo as run_demo
from motcua_local.demo.run import demo_on
from motcua_local.doctor.patient import from_compose, from_environment
from motcua_local.doctor.run import doctor as examine
from motcua_local.processes import Death, ProgramFailedError
from motcua_local.signals import run_until_told
from motcua_local.stack import EMBEDDED, Stack, StackOptions
from motcua_local.topics import TOPICS, create_missing
from motcua_local.welcome import register_example, welcome
from motcua_local.wiring import SERVICES

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()

Broker = Annotated[str, typer.Option(help="embedded, apache, or HOST:PORT of a Kafka that runs already")]
Brokers = Annotated[int, typer.Option(help="1 or 3, of --broker apache")]


@app.callback()
def motcua() -> None:
    """Motcua on this machine: four services, PostgreSQL, a broker and the outside systems, simulated."""


@app.command()
def up(
    broker: Broker = EMBEDDED,
    brokers: Brokers = 1,
    data: Annotated[Path | None, typer.Option(help="keep everything in this directory; needs --broker apache")] = None,
) -> None:
    """Start everything, show where it is, and keep it running until Ctrl-C."""
    raise typer.Exit(run_until_told(_up(broker, brokers, data), when_told=0))


@app.command()
def demo(
    applications: Annotated[int, typer.Option(min=1, max=1_000_000, help="how many citizens apply")] = 200,
    broker: Broker = EMBEDDED,
    brokers: Brokers = 1,
    seed: Annotated[
        int | None, typer.Option(help="the same seed plays the same applications", show_default="2026")
    ] = None,
    compose: Annotated[
        Path | None, typer.Option(help="play in the containers of this environment file instead")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="DIR", help="record all that was said, for motcua-events, before cleaning up")
    ] = None,
) -> None:
    """Let citizens apply, pay and be served through the whole system; check every promise; clean up."""
    if compose is None:
        raise typer.Exit(run_until_told(run_demo(applications, broker, brokers, seed or 2026, console, record)))
    raise typer.Exit(run_until_told(_demo_in_containers(compose, applications, seed or int(time.time()), record)))


@app.command()
def topics(
    brokers: Annotated[str, typer.Argument(help="HOST:PORT[,HOST:PORT] of a Kafka that lets everybody in")],
    described: Annotated[Path, typer.Option("--from", help="the folder with their descriptions")] = TOPICS,
    replicas: Annotated[int, typer.Option(min=1, help="at most so many copies of each")] = 1,
    patience: Annotated[float, typer.Option(help="seconds that the brokers have to answer")] = 60.0,
) -> None:
    """Create the topics that are missing; one that exists is never altered."""
    raise typer.Exit(asyncio.run(_topics(brokers, described, replicas, patience)))


@app.command()
def doctor(
    service: Annotated[str | None, typer.Argument(help="whose environment this is: intake, identity, ...")] = None,
    compose: Annotated[Path | None, typer.Option(help="examine all four, as this file describes them")] = None,
    described: Annotated[Path, typer.Option("--topics", help="the folder with the topics' descriptions")] = TOPICS,
) -> None:
    """Examine an environment: brokers, topics, rights, databases, migrations, clocks, secrets; say what to mend."""
    try:
        patients = from_compose(compose) if compose else [from_environment(_known(service), os.environ)]
    except ProgramFailedError as failed:
        console.print(str(failed), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None
    raise typer.Exit(asyncio.run(examine(patients, list(load_topics(described)), console)))


def _known(service: str | None) -> str:
    if service not in SERVICES:
        raise ProgramFailedError(f"name the service whose environment this is: {', '.join(SERVICES)}")
    return service


async def _demo_in_containers(environment: Path, applications: int, seed: int, record: Path | None) -> int:
    try:
        system = ComposedSystem(environment)
    except ProgramFailedError as failed:
        console.print(str(failed), style="red", markup=False, highlight=False)
        return 1
    return await demo_on(system, applications, seed, console, record)


async def _topics(brokers: str, described: Path, replicas: int, patience: float) -> int:
    if not await answers_within(Access(brokers), patience, replicas):
        console.print(f"no Kafka of {replicas} brokers answers at {brokers} after {patience:.0f} s", style="red")
        return 1
    wanted = load_topics(described)
    await create_missing(brokers, wanted, replicas)
    console.print(f"{len(wanted)} topics are there", highlight=False)
    return 0


async def _up(broker: str, brokers: int, data: Path | None) -> int:
    console.print("starting ...", style="dim")
    try:
        async with Stack(StackOptions(broker, brokers, data), on_death=_report) as stack:
            await register_example(stack)
            welcome(stack, console)
            await stack.lost.wait()
            console.print("the embedded broker died, and what it held with it: start again", style="red")
            return 1
    except ProgramFailedError as failed:
        console.print(str(failed), style="red", markup=False, highlight=False)
        return 1


def _report(death: Death) -> None:
    then = "starting it again" if death.restarting else "it cannot come back"
    console.print(f"{death.name} ended with {death.returncode}: {then}", style="yellow")
