"""Commands of other packages: a typer app for each entry point of the group `motcua_events.commands`.

An app with one command becomes that command, any other a group of them. Loaded only when called or listed, so that a
broken one hurts nobody else.
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperGroup

GROUP = "motcua_events.commands"


class PluginGroup(TyperGroup):
    """Our own commands, and those that are installed beside us; ours win."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *sorted(set(_plugins()) - set(self.commands))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        own = super().get_command(ctx, cmd_name)
        found = _plugins().get(cmd_name)
        if own is not None or found is None:
            return own
        try:
            command = typer.main.get_command(found.load())
        except Exception as error:  # noqa: BLE001  # whatever stops it from loading
            return _broken(found, error)
        command.name = cmd_name
        return command


def _plugins() -> dict[str, EntryPoint]:
    return {each.name: each for each in entry_points(group=GROUP)}


def _broken(plugin: EntryPoint, error: Exception) -> Any:
    app = typer.Typer()
    reason = f"cannot be loaded: {plugin.value}: {error}"

    @app.command(plugin.name, help=reason)
    def say() -> None:
        typer.echo(f"{plugin.name} {reason}", err=True)
        raise typer.Exit(2)

    return typer.main.get_command(app)
