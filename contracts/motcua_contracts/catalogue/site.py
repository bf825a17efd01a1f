"""Writes the site: every page in both languages, the assets, and the files a reader may want to take along.

Invariant: a site that lacks a word is not written, and what was written before stays until the new one is complete.
"""

import shutil
import tomllib
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from motcua_contracts.catalogue.listing import json_listing, prose
from motcua_contracts.catalogue.pages import Book, Page
from motcua_contracts.catalogue.reading import Reading, moment, number, short
from motcua_contracts.catalogue.search import index
from motcua_contracts.catalogue.words import LANGUAGES, Language, Words

_ASSETS = Path(__file__).with_name("assets")


def build(contracts: Path, words: Words) -> dict[str, str]:
    """Text of every file of the site by its path. Raises `WordsError` where a word is missing."""
    book = Book(contracts, words)
    release = tomllib.loads((contracts / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    environment = _environment()
    files = {"index.html": environment.get_template("door.html.jinja").render()}
    pages = list(book.pages())
    for language in LANGUAGES:
        for page in pages:
            files[f"{language}/{page.path}"] = _render(environment, page, words, language, release)
        files[f"assets/search.{language}.js"] = index(book, language)
    words.check()
    return files | _taken_along(contracts)


def write(site: Path, files: dict[str, str]) -> None:
    """Put the files in the place of an older site."""
    fresh = site.with_name(f".{site.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for path, text in files.items():
        file = fresh / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    shutil.rmtree(site, ignore_errors=True)
    fresh.rename(site)


def _render(environment: Environment, page: Page, words: Words, language: Language, release: str) -> str:
    root = "../" * page.path.count("/")
    reading = Reading(words, language, root)
    other = next(each for each in LANGUAGES if each != language)
    shown: dict[str, Any] = {
        "site": reading,
        "t": reading.t,
        "words": words,
        "lang": language,
        "other": other,
        "root": root,
        "path": page.path,
        "release": release,
    }
    return environment.get_template(f"{page.template}.html.jinja").render(shown | dict(page.shown))


def _taken_along(contracts: Path) -> dict[str, str]:
    taken = [contracts / "asyncapi.yaml", *contracts.glob("schemas/*.json"), *contracts.glob("examples/*.json")]
    files = {f"files/{file.relative_to(contracts).as_posix()}": file.read_text("utf-8") for file in sorted(taken)}
    return files | {f"assets/{file.name}": file.read_text("utf-8") for file in sorted(_ASSETS.iterdir())}


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose, "listing": json_listing, "moment": moment, "number": number, "short": short}
    return environment
