"""What an integrator copies runs as it stands: against a broker of its own, whose topics bear their real names."""

import asyncio
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
import pytest_asyncio

from contracts.tests.stage import Stage
from motcua_contracts import CATALOGUE, Stream, upcast
from motcua_contracts.tools.examples import story
from tests.support.broker import own_broker
from tests.support.parts import embedded_parts

CONTRACTS = Path(__file__).parents[1]
QUICKSTART = CONTRACTS / "quickstart"
JAVASCRIPT = QUICKSTART / "javascript"
PAYMENTS = [example for example in story() if example.event.stream is Stream.PAYMENT]


@pytest_asyncio.fixture(scope="module")
async def address() -> AsyncIterator[str]:
    """A broker with the story on it."""
    async with embedded_parts() as (folder, supervisor):
        stage = Stage((await own_broker(supervisor, folder / "kafka")).address, "")
        await stage.create()
        await stage.tell()
        yield stage.brokers


@pytest.fixture(scope="module")
def installed(request: pytest.FixtureRequest) -> Path:
    """The JavaScript quickstart with its packages, once for each lock file."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: the JavaScript quickstart is not run")
    digest = sha256((JAVASCRIPT / "package-lock.json").read_bytes()).hexdigest()[:16]
    place = Path(request.config.cache.mkdir("motcua-quickstart")) / digest
    place.mkdir(exist_ok=True)
    for file in (*JAVASCRIPT.glob("*.json"), JAVASCRIPT / ".npmrc"):
        shutil.copy(file, place)
    if not (place / "node_modules").exists():
        run = subprocess.run(["npm", "ci"], cwd=place, capture_output=True, text=True, check=False)  # noqa: S607
        if run.returncode:
            shutil.rmtree(place)
            pytest.skip(f"npm ci failed, the JavaScript quickstart is not run: {run.stderr.strip()[-300:]}")
    shutil.copy(JAVASCRIPT / "subscribe.mjs", place)
    return place


async def _printed(*command: str, cwd: Path) -> list[list[str]]:
    """The words of as many lines as payment said something; then it is stopped."""
    process = await asyncio.create_subprocess_exec(*command, cwd=cwd, stdout=PIPE, stderr=PIPE)
    assert process.stdout
    assert process.stderr
    lines: list[list[str]] = []
    try:
        async with asyncio.timeout(60):
            while len(lines) < len(PAYMENTS) and (line := await process.stdout.readline()):
                lines.append(line.decode().split(" ", 3))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    assert len(lines) == len(PAYMENTS), (await process.stderr.read()).decode()
    return lines


async def test_ten_lines_of_python_read_every_payment_event(address: str) -> None:
    script = QUICKSTART / "python/subscribe.py"
    lines = await _printed(sys.executable, str(script), address, cwd=CONTRACTS)
    told = {(str(e.subject), str(e.sequence), type(upcast(event)).__name__) for e, event in PAYMENTS}
    assert {tuple(line[:3]) for line in lines} == told


async def test_the_same_in_javascript_against_the_schemas(address: str, installed: Path) -> None:
    lines = await _printed("node", "subscribe.mjs", address, str(CONTRACTS / "schemas"), cwd=installed)
    assert {tuple(line[:3]) for line in lines} == {(str(e.subject), str(e.sequence), e.type) for e, _ in PAYMENTS}
    for _, _, name, body in lines:
        CATALOGUE[name].model_validate_json(body)


def test_the_readme_quotes_them_word_for_word() -> None:
    readme = (CONTRACTS / "README.md").read_text("utf-8")
    for language, file in (("python", "python/subscribe.py"), ("javascript", "javascript/subscribe.mjs")):
        assert f"```{language}\n{(QUICKSTART / file).read_text('utf-8')}```\n" in readme
        assert f"`quickstart/{file.split('/')[0]}/" in readme


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (JAVASCRIPT / "package-lock.json").read_text("utf-8")
