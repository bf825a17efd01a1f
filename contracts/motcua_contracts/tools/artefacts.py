"""What is generated from the models and committed beside them, and how it differs from what is on disk.

Invariant: comparing writes nothing, and writing removes nothing: a published schema is a promise. Examples of a
superseded version are kept as they were when it was new: what was recorded then looks so.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from motcua_contracts import CATALOGUE, Event, Stream
from motcua_contracts.tools.asyncapi import document
from motcua_contracts.tools.asyncapi_excerpt import FOLDER, excerpt
from motcua_contracts.tools.compatibility_edits import compatibility_table
from motcua_contracts.tools.examples import examples_of
from motcua_contracts.tools.published import PublishedError, load_published
from motcua_contracts.tools.schemas import schema_of
from motcua_contracts.tools.topics import load_topics

_EXCERPT = 20


class Drift(NamedTuple):
    """One file that is not what the models say."""

    path: str
    fault: str
    excerpt: str = ""


def artefacts(contracts: Path) -> dict[str, str]:
    """Text of every generated file by its path below `contracts`."""
    topics = load_topics(contracts / "topics")
    version = tomllib.loads((contracts / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    examples = {name: _examples(contracts, event) for name, event in sorted(CATALOGUE.items())}
    whole = document(topics, version, examples)
    files = {
        "asyncapi.yaml": _yaml(whole),
        "COMPATIBILITY.md": compatibility_table(load_published(contracts)),
    }
    files |= {f"{FOLDER}/{service}.yaml": _yaml(excerpt(whole, service)) for service in Stream}
    for name, event in sorted(CATALOGUE.items()):
        files[f"schemas/{name}.json"] = _json(schema_of(event))
        files[f"examples/{name}.json"] = _json(examples[name])
    return files


def _examples(contracts: Path, event: type[Event]) -> list[dict[str, Any]]:
    """What the story tells; of a superseded version, which nobody tells any more, what was told when it was new."""
    if event.successor is None:
        return [example.cloudevent() for example in examples_of(event)]
    file = contracts / f"examples/{event.type}.json"
    if not file.is_file():
        raise PublishedError(f"{file} is missing, and nobody tells {event.type} any more: bring it back as committed")
    kept: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))
    return kept


def drifts(contracts: Path, wanted: Mapping[str, str]) -> list[Drift]:
    """Every missing, changed and orphaned file, in the order of paths."""
    return sorted([*_changed(contracts, wanted), *_orphaned(contracts, wanted)])


def write(contracts: Path, wanted: Mapping[str, str]) -> None:
    """Write what is missing or changed."""
    for path, text in wanted.items():
        file = contracts / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def _changed(contracts: Path, wanted: Mapping[str, str]) -> Iterator[Drift]:
    for path, text in wanted.items():
        file = contracts / path
        if not file.is_file():
            yield Drift(path, "is missing")
        elif (found := file.read_text("utf-8")) != text:
            yield Drift(path, "differs from the models", _excerpt(path, found, text))


def _orphaned(contracts: Path, wanted: Mapping[str, str]) -> Iterator[Drift]:
    for file in (*contracts.glob("schemas/*"), *contracts.glob("examples/*")):
        path = file.relative_to(contracts).as_posix()
        if path not in wanted:
            yield Drift(path, "has no event: bring its class back, or delete the file if it never was published")
    for file in contracts.glob(f"{FOLDER}/*"):
        path = file.relative_to(contracts).as_posix()
        if path not in wanted:
            yield Drift(path, "has no service: delete it")


def _excerpt(path: str, found: str, wanted: str) -> str:
    lines = unified_diff(
        found.splitlines(), wanted.splitlines(), f"{path} (on disk)", f"{path} (models)", "", "", 1, ""
    )
    return "\n".join(islice(lines, _EXCERPT))


def _json(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


class _IndentedDumper(yaml.SafeDumper):
    """Sequences indented as yamllint wants them, repeated values written out instead of aliased."""

    def increase_indent(self, flow: bool = False, *_: bool, **__: bool) -> None:  # noqa: FBT001, FBT002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_IndentedDumper.add_representer(str, _text)


def _yaml(content: object) -> str:
    head = "# Generated from the event models and topics: python -m motcua_contracts.tools generate\n"
    return head + yaml.dump(content, Dumper=_IndentedDumper, sort_keys=False, allow_unicode=True, width=110)
