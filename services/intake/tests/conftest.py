"""Intake over a test's own database."""

from collections.abc import AsyncIterator

import pytest_asyncio

from services.intake.tests.office import Office, open_office


@pytest_asyncio.fixture
async def office(database: str) -> AsyncIterator[Office]:
    """Intake's app, path and tables."""
    async with open_office(database) as office:
        yield office
