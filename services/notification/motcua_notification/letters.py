"""Writes letters: the wording of one template version and language, set once as plain text and once as HTML.

Wordings are plain text in `templates/<template>/<language>.yaml`; the two frames give them their form, so text and
HTML cannot say different things. Invariant: a value that is missing raises, and nothing reaches HTML unescaped.
"""

from collections.abc import Mapping
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple
from uuid import UUID

import yaml
from jinja2 import BaseLoader, Environment, StrictUndefined, Template, TemplateNotFound
from pydantic import BaseModel, ConfigDict

from motcua_contracts import Language, NotificationRequested
from motcua_notification import wording

TEMPLATES = files("motcua_notification") / "templates"
_FRAME = "frame"


class Letter(NamedTuple):
    """What the applicant reads."""

    subject: str
    text: str
    html: str


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Action(_Strict):
    label: str
    url: str


class _Wording(_Strict):
    """One YAML file: each string is a Jinja template of plain text."""

    subject: str
    opening: list[str]
    points: str = ""
    """One point per line."""
    details: dict[str, str] = {}
    closing: list[str] = []
    action: _Action


class Letters:
    """Every wording in this package, compiled; raises at start if one is malformed."""

    def __init__(self, portal_url: str) -> None:
        self._portal = portal_url.rstrip("/")
        plain = {language: _plain(language) for language in Language}
        self._frames = {language: _read(TEMPLATES / _FRAME / f"{language.value}.yaml") for language in Language}
        self._text = _environment(autoescape=False).get_template("letter.txt.j2")
        self._html = _environment(autoescape=True).get_template("letter.html.j2")
        self._wordings = {
            (folder.name, language): _compile(plain[language], _wording(folder, language))
            for folder in TEMPLATES.iterdir()
            if folder.is_dir() and folder.name != _FRAME
            for language in Language
        }

    def write(self, request: NotificationRequested, application: UUID, name: str) -> Letter:
        """The letter to `name`. Raises `KeyError` for an unknown template, Jinja's errors for a missing fact."""
        dossier = request.dossier
        words = _fill(
            self._wordings[request.template, dossier.language],
            {"dossier": dossier, "facts": request.facts, "portal": self._portal, "application": application},
        )
        points = [line.strip() for line in words.pop("points").splitlines() if line.strip()]
        frame = self._frames[dossier.language]
        shown = {**words, "points": points, "frame": frame, "dossier": dossier, "name": name}
        return Letter(words["subject"], self._text.render(shown), self._html.render(shown))


class _Frames(BaseLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, str, None]:
        del environment
        source = TEMPLATES / _FRAME / template
        if not source.is_file():
            raise TemplateNotFound(template)
        return source.read_text(encoding="utf-8"), str(source), None


def _environment(*, autoescape: bool) -> Environment:
    return Environment(
        loader=_Frames(),
        autoescape=autoescape,  # noqa: S701  # off only for what is sent as plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _plain(language: Language) -> Environment:
    environment = _environment(autoescape=False)
    environment.filters["money"] = wording.money
    environment.filters["moment"] = partial(wording.moment, language=language)
    environment.filters["reasons"] = partial(wording.reasons, language=language)
    return environment


def _wording(folder: Traversable, language: Language) -> dict[str, Any]:
    return _Wording.model_validate(_read(folder / f"{language.value}.yaml")).model_dump()


def _read(file: Traversable) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _compile(environment: Environment, value: Any) -> Any:
    match value:
        case str():
            return environment.from_string(value)
        case list():
            return [_compile(environment, part) for part in value]
        case _:
            return {key: _compile(environment, part) for key, part in value.items()}


def _fill(value: Any, context: Mapping[str, Any]) -> Any:
    match value:
        case Template():
            return value.render(context).strip()
        case list():
            return [_fill(part, context) for part in value]
        case _:
            return {key: _fill(part, context) for key, part in value.items()}
