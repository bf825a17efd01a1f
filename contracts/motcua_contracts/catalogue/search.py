"""The index that the search box reads: one small script for each language, so that it works from a file."""

import json
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from motcua_contracts import CATALOGUE
from motcua_contracts.catalogue.fields import Row, rows_of, schema
from motcua_contracts.catalogue.pages import Book
from motcua_contracts.catalogue.reading import short
from motcua_contracts.catalogue.words import LANGUAGES, Language


class Entry(NamedTuple):
    """What can be found: its title, its name in code, where it is, and every word it is found by."""

    kind: str
    title: str
    code: str
    path: str
    words: str


def index(book: Book, language: Language) -> str:
    """The script of one language; words of both lead there."""
    entries = [
        [book.words.page(f"search-{entry.kind}", language), entry.title, entry.code, entry.path, folded(entry.words)]
        for entry in _entries(book, language)
    ]
    return f"window.MOTCUA_INDEX = {json.dumps(entries, ensure_ascii=False, separators=(',', ':'))};\n"


def folded(text: str) -> str:
    """Lower case without marks: `da nop` finds `Đã nộp`."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _entries(book: Book, language: Language) -> Iterator[Entry]:
    words = book.words
    for event in CATALOGUE.values():
        name = short(event.type)
        titles = [words.event(name, each) for each in LANGUAGES]
        said = [words.sentence(event.__doc__ or "", each) for each in LANGUAGES]
        found_by = " ".join([name, event.__name__, *titles, *said])
        yield Entry("event", words.event(name, language), name, f"events/{name}.html", found_by)
    for part in book.parts:
        titles = [words.type(part.name, each) for each in LANGUAGES]
        values = [words.value(part.name, value, each) for value in part.values for each in LANGUAGES]
        path = f"types.html#{part.name}"
        yield Entry("type", words.type(part.name, language), part.name, path, " ".join([part.name, *titles, *values]))
        yield from _fields(book, language, part.name, part.rows, f"{path}.")
    for chronicle in book.chronicles:
        about = [words.sentence(chronicle.about, each) for each in LANGUAGES]
        summary, path = words.sentence(chronicle.about, language), f"applications/{chronicle.code}.html"
        yield Entry("application", summary, chronicle.code, path, " ".join([chronicle.code, *about]))
    for topic in book.topics:
        owner, path = words.stream(topic.owner, language), f"topics.html#{topic.topic}"
        yield Entry("topic", owner, topic.topic, path, topic.topic)
    for event in CATALOGUE.values():
        rows = rows_of(event.__name__, schema(event), book.definitions)
        yield from _fields(book, language, short(event.type), rows, f"events/{short(event.type)}.html#field-")


def _fields(book: Book, language: Language, owner: str, rows: list[Row], path: str) -> Iterator[Entry]:
    for row in rows:
        titles = {each: book.words.field(row.owner, row.name, each) for each in LANGUAGES}
        found_by = f"{row.name} {owner} {' '.join(titles.values())}"
        yield Entry("field", titles[language], f"{owner} · {row.name}", f"{path}{row.name}", found_by)
