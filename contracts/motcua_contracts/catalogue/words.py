"""Says what the models say in the reader's language, from `words.yaml`.

Invariant: Vietnamese is looked up by the English sentence itself, so whoever changes the English is asked for the
Vietnamese again; every word that is missing, and every one that nobody asked for, is reported at once.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

WORDS = Path(__file__).with_name("words.yaml")
Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")


class WordsError(ValueError):
    """Words that are missing, or of no use; the text lists them and says where they belong."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Both(_Strict):
    """One thing in both languages."""

    en: str = Field(min_length=1)
    vi: str = Field(min_length=1)


class Phase(Both):
    """A part of the way an application goes, and the events that belong to it."""

    events: tuple[str, ...]


class Vocabulary(_Strict):
    """`words.yaml` as it lies on disk."""

    page: dict[str, Both]
    phases: tuple[Phase, ...]
    streams: dict[str, Both]
    events: dict[str, Both]
    types: dict[str, str]
    values: dict[str, str]
    fields: dict[str, str]
    about: dict[str, Both]
    sentences: tuple[Both, ...]


class Missing(NamedTuple):
    """A word nobody wrote down, and the part of `words.yaml` it belongs to."""

    part: str
    key: str


class Words:
    """Looks words up for both languages and keeps account of what was not there."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.phases = vocabulary.phases
        self.missing: set[Missing] = set()
        sentences = {
            _one_line(both.en): Both(en=_one_line(both.en), vi=_one_line(both.vi)) for both in vocabulary.sentences
        }
        self._parts: dict[str, Mapping[str, Both]] = {
            "page": vocabulary.page,
            "streams": vocabulary.streams,
            "events": vocabulary.events,
            "types": {name: Both(en=name, vi=vi) for name, vi in vocabulary.types.items()},
            "values": {name: Both(en=name, vi=vi) for name, vi in vocabulary.values.items()},
            "fields": {name: Both(en=_spaced(name), vi=vi) for name, vi in vocabulary.fields.items()},
            "about": vocabulary.about,
            "sentences": sentences,
        }
        self._used: set[Missing] = set()

    def page(self, key: str, language: Language) -> str:
        """A word of the pages themselves."""
        return self._say("page", language, key)

    def stream(self, name: str, language: Language) -> str:
        return self._say("streams", language, name)

    def event(self, name: str, language: Language) -> str:
        """The title of an event, by its type without `vn.motcua.`."""
        return self._say("events", language, name)

    def type(self, name: str, language: Language) -> str:
        return self._say("types", language, name)

    def value(self, owner: str, value: str, language: Language) -> str:
        """What an enum value means; one of that name in this enum goes first."""
        return self._say("values", language, f"{owner}.{value}", value)

    def field(self, owner: str, name: str, language: Language) -> str:
        """The title of a field; one of that name in this event or part goes first."""
        return self._say("fields", language, f"{owner}.{name}", name)

    def about(self, owner: str, name: str, language: Language) -> str:
        """What a field holds whose model does not say it."""
        return self._say("about", language, f"{owner}.{name}", name)

    def sentence(self, english: str, language: Language) -> str:
        """A sentence of the models, the topics or the story."""
        return self._say("sentences", language, _one_line(english))

    @property
    def unused(self) -> list[str]:
        """What stands in `words.yaml` and was not asked for: left behind by something that changed."""
        known = {Missing(part, key) for part, entries in self._parts.items() for key in entries}
        return [f"{part}: {key}" for part, key in sorted(known - self._used)]

    def _say(self, part: str, language: Language, *keys: str) -> str:
        for key in keys:
            if both := self._parts[part].get(key):
                self._used.add(Missing(part, key))
                return both.vi if language == "vi" else both.en
        self.missing.add(Missing(part, keys[-1]))
        return keys[-1]

    def check(self) -> None:
        """Raise `WordsError` where something was missing."""
        if self.missing:
            lines = "\n".join(f"- {part}: {key}" for part, key in sorted(self.missing))
            raise WordsError(
                f"{len(self.missing)} word(s) are missing in {WORDS.name}; write them in both languages:\n{lines}"
            )


def load_words(file: Path = WORDS) -> Words:
    """Read `words.yaml`. Raises `WordsError`."""
    try:
        return Words(Vocabulary.model_validate(yaml.safe_load(file.read_text("utf-8"))))
    except (yaml.YAMLError, ValidationError) as error:
        raise WordsError(f"{file}: {error}") from None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _spaced(name: str) -> str:
    return name.rpartition(".")[2].replace("_", " ").capitalize()
