"""A page of docs that tells what was measured: each section is written by the command that made its figures."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
_TITLE = """# Reliability

What was run to prove the promises of the design, and what came of it. Each section is written by the command it names.
"""


def write_section(name: str, title: str, command: str, text: str, page: Path = PAGE) -> None:
    """Put this section in the place of its former self, or at the end; the others stay as they are."""
    before = page.read_text(encoding="utf-8") if page.exists() else _TITLE.replace("Reliability", page.stem.title())
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    section = f"{begin}\n## {title}\n`{command}`, {datetime.now(UTC):%d/%m/%Y}\n\n{text.strip()}\n{end}"
    former = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    after = former.sub(lambda _: section, before) if former.search(before) else f"{before.rstrip()}\n\n{section}\n"
    page.write_text(after, encoding="utf-8")


def as_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Rows in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
