"""The command `motcua`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from motcua_local.demo.run import demo as run_demo
from motcua_local.processes import Death, ProgramFailedError
from motcua_local.signals import run_until_told
from motcua_local.stack import EMBEDDED, Stack, StackOptions
from motcua_local.welcome import register_example, welcome

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
    seed: Annotated[int, typer.Option(help="the same seed plays the same applications")] = 2026,
) -> None:
    """Let citizens apply, pay and be served through the whole system; check every promise; clean up."""
    raise typer.Exit(run_until_told(run_demo(applications, broker, brokers, seed, console)))


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
