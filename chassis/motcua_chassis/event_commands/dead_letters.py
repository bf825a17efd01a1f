"""`dead-letters`: what a service could not use, through its own operator's door. Each action is on record there."""

import base64
import json
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer
from rich.table import Table

from motcua_chassis.event_commands.options import AsJson, draw
from motcua_events.failure import ToolError
from motcua_events.running import FAULTS, run

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Records a service could not use: list, show, retry, edit, discard.",
)

Url = Annotated[
    str, typer.Option(envvar="MOTCUA_URL", help="of the service that parked them, e.g. http://payment:8000")
]
Token = Annotated[str, typer.Option(envvar="MOTCUA_TOKEN", help="an operator's; better in the environment")]
Id = Annotated[int, typer.Argument(min=1, help="as `list` names it")]
_PATIENCE = aiohttp.ClientTimeout(total=120)
_DONE = {"retried", "discarded", "edited"}


@app.command("list")
def list_(
    url: Url,
    token: Token,
    state: Annotated[str, typer.Option(help="open, parked, held, retried, discarded")] = "open",
    reason: Annotated[str | None, typer.Option(help="such as bad-schema")] = None,
    source: Annotated[str | None, typer.Option(help="such as /motcua/intake")] = None,
    application: Annotated[str | None, typer.Option(help="its id")] = None,
    after: Annotated[int, typer.Option(min=0, help="the last id of the page before")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    *,
    as_json: AsJson = False,
) -> None:
    """The oldest first."""
    filters = {"state": state, "reason": reason, "source": source, "application": application}
    query = {name: value for name, value in filters.items() if value is not None}
    run(_list(url, token, {**query, "after": str(after), "limit": str(limit)}, as_json=as_json))


@app.command()
def show(id_: Id, url: Url, token: Token, *, as_json: AsJson = False) -> None:
    """One, with its reason, origin, headers, body, history, and what waits behind it."""
    run(_show(url, token, id_, as_json=as_json))


@app.command()
def retry(id_: Id, url: Url, token: Token) -> None:
    """Send it through the service again, then those behind it in order. What was taken in before changes nothing."""
    run(_act(url, token, id_, "retry"))


@app.command()
def discard(id_: Id, url: Url, token: Token) -> None:
    """Give it up and release those behind it, in order."""
    run(_act(url, token, id_, "discard"))


@app.command()
def edit(
    id_: Id, body: Annotated[Path, typer.Argument(help="file with the new body; - for standard input")],
    url: Url, token: Token,
) -> None:  # fmt: skip
    """Replace its body; the old one stays in its history. `retry` then sends it."""
    content = typer.get_binary_stream("stdin").read() if str(body) == "-" else _content(body)
    run(_act(url, token, id_, "edit", {"body": base64.b64encode(content).decode()}))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}") from None


async def _list(url: str, token: str, query: dict[str, str], *, as_json: bool) -> int:
    letters = await _ask(url, token, "GET", "", params=query)
    if as_json:
        for letter in letters:
            typer.echo(json.dumps(letter, ensure_ascii=False))
    elif letters:
        draw(_table(letters))
    else:
        typer.echo("none", err=True)
    return 0


async def _show(url: str, token: str, id_: int, *, as_json: bool) -> int:
    letter = await _ask(url, token, "GET", f"/{id_}")
    if as_json:
        typer.echo(json.dumps(letter, ensure_ascii=False))
        return 0
    body = base64.b64decode(letter.pop("body") or "")
    for name, value in letter.items():
        typer.echo(f"{name:<12} {value if isinstance(value, (str, int)) else json.dumps(value, ensure_ascii=False)}")
    typer.echo(f"{'body':<12} {body.decode('utf-8', 'backslashreplace')}")
    return 0


async def _act(url: str, token: str, id_: int, action: str, document: Any = None) -> int:
    """Exit 1 where it stays open: parked again, or held behind an earlier one."""
    said = await _ask(url, token, "POST", f"/{id_}/{action}", json=document)
    typer.echo(json.dumps(said, ensure_ascii=False))
    return 0 if said["verdict"] in _DONE else FAULTS


async def _ask(url: str, token: str, method: str, path: str, **more: Any) -> Any:
    address = f"{url.rstrip('/')}/operations/dead-letters{path}"
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE, headers=headers) as session,
            session.request(method, address, **more) as answer,
        ):
            said = await answer.json(content_type=None)
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise ToolError(f"{url} does not answer as a service does: {str(error) or type(error).__name__}") from None
    if status >= 400:
        raise ToolError(f"{status}: {_reason(said)}")
    return said


def _reason(problem: Any) -> str:
    if not isinstance(problem, dict):
        return "refused"
    return str(problem.get("detail_en") or problem.get("code") or "refused")


def _table(letters: list[dict[str, Any]]) -> Table:
    drawn = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("id", "state", "reason", "application", "origin", "parked at", "detail"):
        drawn.add_column(column, overflow="fold")
    for each in letters:
        origin = f"{each['topic']}/{each['partition']}/{each['offset']}"
        told = (each["state"], each["reason"], each["application"] or "–", origin, each["parked_at"], each["detail"])
        drawn.add_row(str(each["id"]), *(text.replace("[", r"\[") for text in told))
    return drawn
