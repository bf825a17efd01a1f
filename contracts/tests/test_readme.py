"""The README tells an integrator the truth: its tables and its code are checked against the contracts."""

import ast
import re
from pathlib import Path

from motcua_contracts import CATALOGUE
from motcua_contracts.envelope import HEADER_NAMES
from motcua_contracts.tools.examples import TALES
from motcua_contracts.tools.topics import load_topics

CONTRACTS = Path(__file__).parents[1]
README = (CONTRACTS / "README.md").read_text("utf-8")


def _rows(title: str) -> list[list[str]]:
    section = README.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    table = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in table]


def test_it_lists_every_event_with_those_who_read_it() -> None:
    readers: dict[str, set[str]] = {name: set() for name in CATALOGUE}
    for topic in load_topics(CONTRACTS / "topics"):
        for reader in topic.readers:
            for event in CATALOGUE.values():
                if event.stream is topic.owner and reader.takes(event):
                    readers[event.type].add(reader.name)
    told = {f"vn.motcua.{name}": {who for who in by.split(", ") if who} for name, _, by in _rows("Events")}
    assert told == readers


def test_it_tells_of_every_application_of_the_story() -> None:
    codes = [tale()[0].event.dossier.code for tale in TALES]  # type: ignore[attr-defined]
    assert [code for code, _ in _rows("The story in `examples/`")] == codes
    assert f"{len(TALES)} applications" in README


def test_it_lists_every_header_in_order() -> None:
    assert [row[0] for row in _rows("The envelope")] == list(HEADER_NAMES)


def test_its_code_imports_names_that_exist() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    imports = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom)]
    for statement in imports:
        module = __import__(statement.module or "", fromlist=["x"])
        assert all(hasattr(module, alias.name) for alias in statement.names)
    assert len(imports) >= 2
