"""A mail server that follows a script: at each step it answers what it is told, closes, or says nothing."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Self

CLOSE, HANG, SLOW = "close", "hang", "slow"
SLOW_SECONDS = 0.3

STEPS = ("GREETING", "EHLO", "MAIL", "RCPT", "DATA", "CONTENT")
"""CONTENT is the answer after the final dot."""

_USUAL = {"GREETING": "220 mail", "EHLO": "250 mail", "DATA": "354 go on", "QUIT": "221 bye"}


class ScriptedServer:
    """Counts connections and keeps every message it was given, whatever it answered."""

    def __init__(self, script: Mapping[str, str] | None = None) -> None:
        self.script: dict[str, str] = dict(script or {})
        self.connections = 0
        self.contents: list[bytes] = []
        self.steps: Counter[str] = Counter()
        self._talks: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in (talks := list(self._talks.values())):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    def hang_up(self) -> None:
        """Close every connection, as an idle time-out would."""
        for writer in list(self._talks):
            writer.close()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talks[writer] = asyncio.create_task(self._talk(reader, writer))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._answer("GREETING", writer)
            while line := await reader.readline():
                step = line.split()[0].decode().upper()
                await self._answer(step, writer)
                if step == "DATA" and "DATA" not in self.script:
                    self.contents.append(await reader.readuntil(b"\r\n.\r\n"))
                    await self._answer("CONTENT", writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._talks.pop(writer)
            writer.close()

    async def _answer(self, step: str, writer: asyncio.StreamWriter) -> None:
        self.steps[step] += 1
        answer = self.script.get(step, _USUAL.get(step, "250 ok"))
        if answer == CLOSE:
            raise ConnectionError
        if answer == HANG:
            await asyncio.Event().wait()
        if answer == SLOW:
            await asyncio.sleep(SLOW_SECONDS)
            answer = "250 ok"
        writer.write(answer.encode() + b"\r\n")
        await writer.drain()
