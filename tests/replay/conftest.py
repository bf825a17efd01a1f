"""`another_database`: as many empty databases as a test needs; `decree`: the fees with one line changed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from motcua_local.postgres import PostgresServer
from motcua_payment.fee_rules import PACKAGED

COPY_RULE = "2.000815/pages"


@pytest_asyncio.fixture
async def another_database(postgres: PostgresServer) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    names: list[str] = []

    async def make() -> str:
        names.append(f"test_{uuid4().hex[:12]}")
        return await postgres.create_database(names[-1])

    yield make
    for name in names:
        await postgres.drop_database(name)


@pytest.fixture
def decree(tmp_path: Path) -> Path:
    """The packaged rules with one line changed: the first pages of a copy cost more."""
    before = PACKAGED.read_text(encoding="utf-8")
    head, mark, tail = before.partition(f"- id: {COPY_RULE}")
    assert mark
    changed = tail.replace("price: 2000", "price: 2500", 1)
    assert changed != tail
    file = tmp_path / "decree.yaml"
    file.write_text(head + mark + changed, encoding="utf-8")
    assert sum(a != b for a, b in zip(before.splitlines(), file.read_text().splitlines(), strict=True)) == 1
    return file
