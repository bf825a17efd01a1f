"""Every wording of this package, compiled: one YAML file per template version and language, for all mediums.

Wordings are plain text with Jinja placeholders. Invariant: a value that is missing raises; nothing is ever sent with an
empty place or a `None` in it.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any
from uuid import UUID

from jinja2 import Environment, StrictUndefined, Template
from jinja2.exceptions import UndefinedError
from pydantic import Field

from motcua_chassis.reference_data import Entry, read_entry, read_yaml
from motcua_contracts import Language, NotificationRequested
from motcua_notification import wording
from motcua_notification.zns_template import ZnsTemplate

TEMPLATES = files("motcua_notification") / "templates"
LONGEST_PORTAL = 60
"""Characters of the portal's address: links must leave room for words in an SMS."""

_NOT_WORDINGS = frozenset({"frame", "words"})


class _Action(Entry):
    label: str
    url: str


class Letter(Entry):
    """The words of a letter; a paragraph or a detail that turns out empty is left out."""

    subject: str
    opening: list[str]
    points: str = ""
    """One point per line."""
    details: dict[str, str] = Field(default_factory=dict)
    closing: list[str] = Field(default_factory=list)
    action: _Action


class Wording(Letter):
    """One YAML file: each string is a Jinja template of plain text."""

    sms: str
    """With accents; they are taken off when it is sent."""
    zns: ZnsTemplate


Notes = Mapping[str, str]
"""Officers' words by the id of their note."""


class Wordings:
    """What can be said. Raises at start if a file is malformed or the portal's address cannot stand in a message."""

    def __init__(self, portal_url: str) -> None:
        self._portal = portal_url.rstrip("/")
        if not self._portal.isascii() or len(self._portal) > LONGEST_PORTAL:
            raise ValueError(f"the portal's address must be ASCII of at most {LONGEST_PORTAL} characters")
        read = {
            (folder.name, language): _read(folder, f"{language.value}.yaml")
            for folder in _folders()
            for language in Language
        }
        letters = {language: environment(language) for language in Language}
        texts = {language: environment(language, money=wording.money_in_ascii) for language in Language}
        self._letters = {key: _compile(letters[key[1]], w.model_dump(include=_LETTER)) for key, w in read.items()}
        self._texts = {key: texts[key[1]].from_string(w.sms) for key, w in read.items()}
        self._zns = {key: (w.zns, _compile(letters[key[1]], w.zns.values())) for key, w in read.items()}

    def letter(self, request: NotificationRequested, application: UUID, notes: Notes) -> dict[str, Any]:
        """`Letter`, filled. Raises `KeyError` for an unknown template, Jinja's errors for a missing fact."""
        filled: dict[str, Any] = _fill(self._letters[_key(request)], self._context(request, application, notes))
        return filled

    def text(self, request: NotificationRequested, application: UUID) -> str:
        """The words of an SMS, with accents. Raises as `letter` does."""
        return " ".join(self._texts[_key(request)].render(self._context(request, application, {})).split())

    def zns(self, request: NotificationRequested, application: UUID) -> tuple[ZnsTemplate, dict[str, str]]:
        """Zalo's template and the value of each of its parameters. Raises as `letter` does."""
        template, values = self._zns[_key(request)]
        return template, _fill(values, self._context(request, application, {}))

    def _context(self, request: NotificationRequested, application: UUID, notes: Notes) -> dict[str, Any]:
        dossier = request.dossier
        page, pay_page = f"applications/{dossier.code}", f"payments/{application}"
        return {
            "dossier": dossier,
            "facts": request.facts,
            "application": application,
            "portal": self._portal,
            "page": page,
            "pay_page": pay_page,
            "link": f"{self._portal}/{page}",
            "pay_link": f"{self._portal}/{pay_page}",
            "said": partial(wording.remark, notes, dossier.language),
        }


_LETTER = set(Letter.model_fields)


def environment(language: Language, money: Callable[[int], str] = wording.money) -> Environment:
    """Plain text in one language."""
    made = Environment(
        autoescape=False,  # noqa: S701  # the frame of a letter escapes what it is given
        undefined=StrictUndefined,
        finalize=_present,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["money"] = money
    made.filters["clock"] = wording.clock
    for name in ("moment", "reasons", "review", "ground", "extension", "refund"):
        made.filters[name] = partial(getattr(wording, name), language=language)
    made.filters["marked"] = partial(wording.marked, language)
    return made


def _present(value: Any) -> Any:
    if value is None:
        raise UndefinedError("a fact is missing")
    return value


def _read(folder: Traversable, file: str) -> Wording:
    return read_entry(Wording, read_yaml(folder / file), f"{folder.name}/{file}")


def _folders() -> Iterable[Traversable]:
    return (folder for folder in TEMPLATES.iterdir() if folder.is_dir() and folder.name not in _NOT_WORDINGS)


def _key(request: NotificationRequested) -> tuple[str, Language]:
    return request.template, request.dossier.language


def _compile(environment: Environment, value: Any) -> Any:
    match value:
        case str():
            return environment.from_string(value)
        case list():
            return [_compile(environment, part) for part in value]
        case _:
            return {key: _compile(environment, part) for key, part in value.items()}


def _fill(value: Any, context: Mapping[str, Any]) -> Any:
    """Rendered; what turns out empty in a list or a mapping is left out of it."""
    match value:
        case Template():
            return value.render(context).strip()
        case list():
            return [part for part in (_fill(part, context) for part in value) if part]
        case _:
            filled = {key: _fill(part, context) for key, part in value.items()}
            return {key: part for key, part in filled.items() if part or key in _LETTER}
