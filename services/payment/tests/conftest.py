"""VNPay's simulator as a process, and payment over a test's own database."""

import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest_asyncio

from motcua_local.ports import free_ports
from motcua_local.postgres import PostgresServer
from motcua_local.processes import Program, Supervisor
from motcua_local.waiting import comes_true
from services.payment.tests.notices import SECRET, TERMINAL
from services.payment.tests.till import Till, open_till


@pytest_asyncio.fixture(scope="session")
async def vnpay(session_parts: tuple[Path, Supervisor]) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway's own doors: the payer's and the control API."""
    directory, supervisor = session_parts
    [port] = free_ports(1)
    arguments = ("--port", str(port), "--tmn-code", TERMINAL, "--secret", SECRET, "--ipn-retry-seconds", "0.05")
    command = (sys.executable, "-m", "motcua_simulators.vnpay", *arguments)
    await supervisor.start(Program("payment-vnpay", command, directory=directory))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as client:

        async def answers() -> bool:
            with suppress(httpx.HTTPError):
                return (await client.get("/control/health")).status_code == 200
            return False

        assert await comes_true(answers, 20.0), supervisor.tail("payment-vnpay")
        yield client
    await supervisor.stop("payment-vnpay")


@pytest_asyncio.fixture(scope="session")
async def till(postgres: PostgresServer) -> AsyncIterator[Till]:
    """Payment's app, path and tables, shared by the session: every application is a new one."""
    name = f"payment_{uuid4().hex[:12]}"
    async with open_till(await postgres.create_database(name)) as till:
        yield till
    await postgres.drop_database(name)


@pytest_asyncio.fixture
async def own_till(database: str) -> AsyncIterator[Till]:
    """The same for a test that counts everything, or breaks it."""
    async with open_till(database) as till:
        yield till
