"""Writes letters: the wording of one template version and language, set once as plain text and once as HTML.

The two frames give the words their form, so text and HTML cannot say different things. Invariant: nothing reaches HTML
unescaped.
"""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound

from motcua_chassis.reference_data import read_yaml
from motcua_contracts import Language, NotificationRequested
from motcua_notification.wordings import TEMPLATES, Wordings

__all__ = ["TEMPLATES", "Letter", "Letters"]

_FRAME = TEMPLATES / "frame"


class Letter(NamedTuple):
    """What the applicant reads."""

    subject: str
    text: str
    html: str


class Letters:
    """Sets wordings in their frames."""

    def __init__(self, wordings: Wordings) -> None:
        self._wordings = wordings
        self._frames = {language: read_yaml(_FRAME / f"{language.value}.yaml") for language in Language}
        self._text = _frames(autoescape=False).get_template("letter.txt.j2")
        self._html = _frames(autoescape=True).get_template("letter.html.j2")

    def write(
        self, request: NotificationRequested, application: UUID, name: str, notes: Mapping[str, str] | None = None
    ) -> Letter:
        """The letter to `name`; `notes` are officers' words by the id of their note.

        Raises `KeyError` for an unknown template, Jinja's errors for a missing fact.
        """
        words = self._wordings.letter(request, application, notes or {})
        points = [line.strip() for line in words.pop("points").splitlines() if line.strip()]
        dossier = request.dossier
        shown = {**words, "points": points, "frame": self._frames[dossier.language], "dossier": dossier, "name": name}
        return Letter(words["subject"], self._text.render(shown), self._html.render(shown))


class _Frames(BaseLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, str, None]:
        del environment
        source = _FRAME / template
        if not source.is_file():
            raise TemplateNotFound(template)
        return source.read_text(encoding="utf-8"), str(source), None


def _frames(*, autoescape: bool) -> Environment:
    return Environment(
        loader=_Frames(),
        autoescape=autoescape,  # noqa: S701  # off only for what is sent as plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
