"""Every page of the site with what its template shows. Invariant: both languages have the same pages."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from motcua_contracts import CATALOGUE, Event, Stream
from motcua_contracts.catalogue.chronicle import Chronicle, chronicles, neighbours
from motcua_contracts.catalogue.fields import Row, definitions, rows_of, schema, users_of
from motcua_contracts.catalogue.flow import NARROW, WIDE, draw, readers_of
from motcua_contracts.catalogue.history import upcast_example, versions_of
from motcua_contracts.catalogue.listing import json_listing
from motcua_contracts.catalogue.reading import short
from motcua_contracts.catalogue.words import Words
from motcua_contracts.envelope import HEADER_NAMES
from motcua_contracts.tools.published import load_published
from motcua_contracts.tools.topics import load_topics

_EXAMPLES = 3
"""Shown on an event's page, each of another application; the file beside it holds all."""


class Page(NamedTuple):
    """One page: where it lies below its language, and its template with what that shows."""

    path: str
    template: str
    shown: Mapping[str, Any]


class Definition(NamedTuple):
    """A part with its fields, or an enum with its values, and the types of the events that hold it."""

    name: str
    about: str
    rows: list[Row]
    values: list[str]
    users: list[str]


class Quickstart(NamedTuple):
    """A program an integrator copies, and how to start it."""

    name: str
    command: str
    file: str

    def read(self, contracts: Path) -> dict[str, Any]:
        text = (contracts / "quickstart" / self.file).read_text("utf-8")
        return {"name": self.name, "command": self.command, "text": escape(text.rstrip())}


QUICKSTARTS = (
    Quickstart("Python", "pip install ./contracts aiokafka", "python/subscribe.py"),
    Quickstart("JavaScript", "cd contracts/quickstart/javascript && npm ci", "javascript/subscribe.mjs"),
)


class Book:
    """The whole catalogue, read once; nothing in it depends on a language."""

    def __init__(self, contracts: Path, words: Words) -> None:
        self.contracts, self.words = contracts, words
        self.topics = load_topics(contracts / "topics")
        self.published = load_published(contracts)
        self.chronicles = chronicles()
        self.definitions = definitions()

    def pages(self) -> Iterator[Page]:
        """All of them, the start page first."""
        drawings = [draw(sheet, self.words.phases, self.topics) for sheet in (WIDE, NARROW)]
        quickstarts = [each.read(self.contracts) for each in QUICKSTARTS]
        yield Page("index.html", "index", {"drawings": drawings, "quickstarts": quickstarts})
        yield Page("events.html", "events", {"catalogue": CATALOGUE})
        yield Page("applications.html", "applications", {"chronicles": self.chronicles})
        yield Page("types.html", "types", {"parts": self.parts})
        yield Page("topics.html", "topics", {"topics": self.topics, "headers": HEADER_NAMES})
        for event in CATALOGUE.values():
            yield Page(f"events/{short(event.type)}.html", "event", self._event(event))
        for chronicle in self.chronicles:
            shown = {"chronicle": chronicle, "streams": list(Stream)}
            yield Page(f"applications/{chronicle.code}.html", "application", shown)

    @cached_property
    def parts(self) -> list[Definition]:
        """Parts with their fields, and enums with their values."""
        return [
            Definition(
                name=name,
                about=node["description"],
                rows=rows_of(name, node, self.definitions) if "properties" in node else [],
                values=node.get("enum") or ([node["const"]] if "const" in node else []),
                users=users_of(name),
            )
            for name, node in self.definitions.items()
        ]

    def _event(self, event: type[Event]) -> dict[str, Any]:
        [topic] = [topic for topic in self.topics if topic.holds_events and topic.owner is event.stream]
        examples = json.loads((self.contracts / f"examples/{event.type}.json").read_text("utf-8"))
        return {
            "event": event,
            "told": [chronicle for chronicle in self.chronicles if chronicle.has(event)],
            "around": neighbours(event, self.chronicles),
            "rows": rows_of(event.__name__, schema(event), self.definitions),
            "examples": [self._example(example) for example in _of_several(examples)],
            "count": len(examples),
            "versions": versions_of(event, self.published),
            "upcast": upcast_example(event, self.contracts),
            "readers": readers_of(event, self.topics),
            "topic": topic,
        }

    def _example(self, example: Mapping[str, Any]) -> dict[str, str | Markup]:
        return {"label": self._code(example["subject"]), "html": json_listing(example)}

    def _code(self, application: str) -> str:
        def is_it(chronicle: Chronicle) -> bool:
            return str(chronicle.moments[0].example.envelope.subject) == application

        return next((chronicle.code for chronicle in self.chronicles if is_it(chronicle)), application)


def _of_several(examples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first = {example["subject"]: example for example in reversed(examples)}
    return sorted(first.values(), key=examples.index)[:_EXAMPLES]
