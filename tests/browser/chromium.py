"""A real browser for a test: Chromium without a window, spoken to over its own DevTools protocol.

Invariant: nothing is downloaded; the browser is the system's, and its profile goes with the test.
"""

import asyncio
import base64
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-sandbox",  # tests may run as root in a container, where it does not start otherwise
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--hide-scrollbars",
)
_DEADLINE = 20.0


def installed() -> str | None:
    """Where the browser is, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class PageError(AssertionError):
    """What a page threw while it was being asked."""


class Tab:
    """One tab; `faults` collects what its console complained about."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded = asyncio.Event()
        self.faults: list[str] = []
        self.requested: list[str] = []

    async def listen(self) -> None:
        """Take in what the browser says, until it goes."""
        async for message in self._socket:
            if message.type is WSMsgType.TEXT:
                self._take(message.json())

    def _take(self, said: dict[str, Any]) -> None:
        if "id" in said:
            self._answers.pop(said["id"]).set_result(said)
            return
        told = said["params"]
        match said["method"]:
            case "Page.loadEventFired":
                self._loaded.set()
            case "Runtime.exceptionThrown":
                self.faults.append(str(told["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if told["type"] in {"error", "warning", "assert"}:
                self.faults.append(str(told["args"]))
            case "Log.entryAdded" if told["entry"]["level"] in {"error", "warning"}:
                self.faults.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
            case "Network.requestWillBeSent":
                self.requested.append(told["request"]["url"])

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the DevTools protocol."""
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        answer = await asyncio.wait_for(self._answers[number], _DEADLINE)
        if "error" in answer:
            raise PageError(f"{method}: {answer['error']}")
        return dict(answer["result"])

    async def open(self, address: str) -> None:
        """Go there and wait until it is loaded."""
        self._loaded.clear()
        await self.call("Page.navigate", url=address)
        await asyncio.wait_for(self._loaded.wait(), _DEADLINE)

    async def ask(self, script: str) -> Any:
        """What an expression comes to on the page."""
        found = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise PageError(str(found["exceptionDetails"]))
        return found["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until an expression is true; while one page gives way to the next there may be nothing to ask."""
        async with asyncio.timeout(_DEADLINE):
            while not await self.ask(f"(() => {{ try {{ return {script}; }} catch {{ return false; }} }})()"):
                await asyncio.sleep(0.02)

    async def type(self, text: str) -> None:
        """Write where the focus is."""
        await self.call("Input.insertText", text=text)

    async def press(self, key: str, text: str = "") -> None:
        """Press one key and let it go."""
        codes = {"Enter": 13, "ArrowDown": 40, "ArrowUp": 38, "Escape": 27, "Tab": 9}
        code = {"windowsVirtualKeyCode": codes[key]} if key in codes else {}
        await self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=text, **code)
        await self.call("Input.dispatchKeyEvent", type="keyUp", key=key, **code)

    async def size(self, width: int, height: int) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    async def prefer(self, scheme: str) -> None:
        """`light` or `dark`, as the reader's system would say."""
        await self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    async def picture(self, *, whole: bool = False) -> bytes:
        """A PNG of what is seen, or of the whole page."""
        taken = await self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(taken["data"])


@asynccontextmanager
async def chromium(program: str) -> AsyncIterator[Tab]:
    """A browser with one tab; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="motcua-browser-", ignore_cleanup_errors=True) as profile:
        flags = (*_FLAGS, f"--user-data-dir={profile}", "about:blank")
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(program, *flags, stdout=quiet, stderr=quiet)
        try:
            async with (
                ClientSession() as session,
                session.ws_connect(await _door(session, Path(profile)), max_msg_size=0) as socket,
            ):
                tab = Tab(socket)
                listening = asyncio.create_task(tab.listen())
                for domain in ("Page", "Runtime", "Log", "Network"):
                    await tab.call(f"{domain}.enable")
                yield tab
                listening.cancel()
        finally:
            process.terminate()
            await process.wait()


async def _door(session: ClientSession, profile: Path) -> str:
    """The address of the first tab; the browser writes its port into its profile once it listens."""
    file = profile / "DevToolsActivePort"
    async with asyncio.timeout(_DEADLINE):
        while not (file.is_file() and "\n" in file.read_text("utf-8")):
            await asyncio.sleep(0.02)
        port = file.read_text("utf-8").splitlines()[0]
        while True:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                tabs = [tab for tab in await answer.json() if tab["type"] == "page"]
            if tabs:
                return str(tabs[0]["webSocketDebuggerUrl"])
            await asyncio.sleep(0.02)
