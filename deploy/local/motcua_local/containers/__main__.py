"""`python -m motcua_local.containers`: what the make targets for images and compose run."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from motcua_local.containers.advisories import report_advisories
from motcua_local.containers.engine import Engine, EngineError, present_engine
from motcua_local.containers.environment import PUBLISHED, port_name, read, usual_ports, write_missing
from motcua_local.containers.images import IMAGES, LOCAL_TAG, SOURCES, Bases, build
from motcua_local.containers.project import ENVIRONMENT, Project
from motcua_local.containers.supply import write_bill, write_licences

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()

Base = Annotated[
    str, typer.Option(help="an image with Python 3.11 and pip on Debian; `local` makes one of Debian's packages")
]
Names = Annotated[list[str] | None, typer.Argument(help="which images; all where none is named")]


@app.command()
def images(names: Names = None, base: Base = "local") -> None:
    """Build the images as motcua/<name>:local and show their sizes."""
    engine = present_engine()
    bases = Bases.local(engine) if base == "local" else Bases(base, base)
    chosen = names or list(IMAGES)
    build(engine, bases, [IMAGES[name] for name in chosen])
    for name in chosen:
        _size(engine, IMAGES[name].tagged(LOCAL_TAG))


@app.command()
def up() -> None:
    """Start the compose project and wait until everything is well."""
    write_missing(ENVIRONMENT, usual_ports())
    Project(present_engine()).up()
    told = read(ENVIRONMENT)
    for part in PUBLISHED:
        console.print(f"{part:>12}  127.0.0.1:{told[port_name(part)]}", highlight=False)


@app.command()
def down(
    volumes: Annotated[bool, typer.Option(help="also what it remembers, and then its secrets too")] = False,  # noqa: FBT002
) -> None:
    """Stop the compose project."""
    Project(present_engine()).down(volumes=volumes)
    if volumes:
        ENVIRONMENT.unlink(missing_ok=True)


@app.command()
def bills(names: Names = None, into: Path = SOURCES / "dist" / "sbom") -> None:
    """Write a CycloneDX bill of materials for each image, and one list of licences beside them."""
    engine, written = present_engine(), []
    for name in names or list(IMAGES):
        file = into / f"{name}.cdx.json"
        write_bill(engine, IMAGES[name].tagged(LOCAL_TAG), file)
        written.append(file)
        console.print(str(file), soft_wrap=True)
    write_licences(written, into / "licences.tsv")
    console.print(str(into / "licences.tsv"), soft_wrap=True)


@app.command()
def audit(locked: Path = SOURCES / "requirements.lock") -> None:
    """Ask an advisory feed about every locked package; fails on a known vulnerability."""
    raise typer.Exit(report_advisories(locked, console))


def _size(engine: Engine, tagged: str) -> None:
    size = int(engine.run("image", "inspect", "--format", "{{.Size}}", tagged))
    console.print(f"{tagged:<28} {size / 1_000_000:6.0f} MB", highlight=False)


if __name__ == "__main__":
    try:
        app()
    except EngineError as refused:
        console.print(str(refused), style="red", markup=False, highlight=False)
        raise SystemExit(1) from None
