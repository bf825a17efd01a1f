"""Schemathesis reads each service's OpenAPI document and finds nothing: no 5xx, no undocumented answer."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from motcua_local.stack import Stack, StackOptions
from motcua_local.wiring import SERVICES

_VISITORS = [(service, role) for service in SERVICES for role in ("citizen", "officer")]
_VISITORS += [("intake", "service"), ("notification", "operator")]

_CONFIGURATION = """
[checks]  # all are on but those that would need to know what a business refuses, or who may do what
positive_data_acceptance.enabled = false
ignored_auth.enabled = false
use_after_free.enabled = false
ensure_resource_availability.enabled = false

[[operations]]
include-path = "/webhooks/vnpay"
checks.negative_data_rejection.enabled = false  # VNPay reads RspCode: always 200

[[operations]]
include-path = "/payments/return"
checks.negative_data_rejection.enabled = false  # a page for people, who are told in words
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def visited(stack_broker: str) -> AsyncIterator[Stack]:
    """A stack of its own: what is generated leaves applications behind that belong to nobody's journey."""
    async with Stack(StackOptions(stack_broker)) as running:
        yield running


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("service", "role"), _VISITORS)
async def test_no_request_gets_an_answer_the_document_does_not_promise(
    visited: Stack, service: str, role: str, tmp_path: Path
) -> None:
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(_CONFIGURATION)
    agency = "H29" if role == "officer" else None
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration)),
        *("run", f"{visited.url(service)}/openapi.json"),
        *("--header", f"Authorization: Bearer {visited.token(role, agency=agency)}"),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", "15"),
        *("--seed", "1", "--generation-database", "none", "--suppress-health-check", "all"),
        *("--workers", "1", "--warnings", "off", "--no-color"),
    ]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await process.communicate()

    assert process.returncode == 0, told.decode()[-8_000:]
