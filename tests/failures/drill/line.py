"""A line between two parts: a small proxy for TCP or a unix socket that can be cut, slowed, or swallow everything."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Reach = Callable[[], Awaitable[Streams]]
"""Opens the far end."""


class Line:
    """Passes bytes on as they come, unless told otherwise."""

    def __init__(self, name: str, reach: Reach) -> None:
        self.name = name
        self.delay = 0.0
        """Seconds that each piece takes longer, in either direction."""
        self.carried = 0
        """Connections so far."""
        self._reach = reach
        self._open: set[asyncio.StreamWriter] = set()
        self._passes = asyncio.Event()
        self._passes.set()
        self._server: asyncio.Server

    async def listen(self, port: int) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", port)

    async def listen_at(self, path: Path) -> None:
        self._server = await asyncio.start_unix_server(self._carry, path)

    def cut(self) -> int:
        """Break every connection off, in the middle of whatever it says; returns how many."""
        cut = list(self._open)
        for writer in cut:
            writer.transport.abort()
        return len(cut) // 2

    def swallow(self) -> None:
        """From now on nothing arrives, and nobody is told."""
        self._passes.clear()

    def restore(self) -> None:
        """Carry again; what was open is broken off, for what it said is lost."""
        self.delay = 0.0
        if not self._passes.is_set():
            self.cut()
            self._passes.set()

    async def close(self) -> None:
        self._server.close()
        self._passes.set()
        self.cut()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.carried += 1
        self._open.add(writer)
        far: asyncio.StreamWriter | None = None
        try:
            await self._passes.wait()
            far_reader, far = await self._reach()
            self._open.add(far)
            await asyncio.gather(self._pass_on(reader, far), self._pass_on(far_reader, writer))
        except OSError:
            pass
        finally:
            for each in (writer, far):
                if each is not None:
                    self._open.discard(each)
                    each.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65_536):
            if self.delay:
                await asyncio.sleep(self.delay)
            await self._passes.wait()
            writer.write(piece)
            await writer.drain()
        with suppress(OSError, RuntimeError):
            if writer.can_write_eof():
                writer.write_eof()
