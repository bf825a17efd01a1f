"""What these commands share on the command line: which service, which database, what is given to its rules."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from motcua_chassis.message import Decider
from motcua_chassis.reference_data import ReferenceDataError
from motcua_chassis.replayable import NotGivenError, Replayable, find
from motcua_events.failure import ToolError
from motcua_events.moments import parse_moment

_WIDE = 300

Service = Annotated[str, typer.Argument(help="intake, identity, payment or notification")]
Database = Annotated[
    str, typer.Option(envvar="MOTCUA_DATABASE", help="PostgreSQL DSN; better in the environment, where ps is blind")
]
With = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="NAME=VALUE", help="rules or settings in the place of the usual: fees=PATH"),
]


def moment(text: str) -> datetime:
    """A time as the other commands take it."""
    try:
        return parse_moment(text)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text}: not a time; try 2026-12-07T08:00, 2026-12-07 or 15m, 2h, 3d") from None


AsJson = Annotated[bool, typer.Option("--json", help="for programs")]


def draw(table: Table) -> None:
    """On a terminal as wide as it is; elsewhere, as for `grep`, without breaking a row."""
    console = Console()
    (console if console.is_terminal else Console(width=_WIDE)).print(table)


def installed(service: str) -> Replayable[Any]:
    """Raises `ToolError`."""
    try:
        return find(service)
    except LookupError as error:
        raise ToolError(str(error.args[0])) from None
    except ImportError as error:
        raise ToolError(f"{service} cannot be loaded: {error}") from None


def decider_of(replayable: Replayable[Any], pairs: Sequence[str]) -> Decider[Any]:
    """The service's decider with what the environment (`MOTCUA_FEES`) and then `--with` give it.

    Raises `ToolError`.
    """
    values = {
        name: value
        for name in replayable.takes
        if (value := os.environ.get(f"MOTCUA_{name.replace('-', '_').upper()}"))
    }
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ToolError(f"--with {pair}: say NAME=VALUE")
        values[name] = value
    try:
        return replayable.decider(replayable.given(values))
    except (NotGivenError, ReferenceDataError) as error:
        raise ToolError(f"--with: {error}") from None
