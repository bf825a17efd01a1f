"""The drill's proxy: it carries what is said, and breaks, slows and swallows it when told to."""

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio

from motcua_local.ports import free_ports
from tests.failures.drill.line import Line, Streams


@pytest_asyncio.fixture
async def line() -> AsyncIterator[tuple[Line, int]]:
    """A line to somebody who repeats what is said."""
    far, near = free_ports(2)

    async def repeat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(1_000):
            writer.write(said)
        writer.close()

    server = await asyncio.start_server(repeat, "127.0.0.1", far)
    line = Line("test", partial(asyncio.open_connection, "127.0.0.1", far))
    await line.listen(near)
    yield line, near
    await line.close()
    server.close()


async def _say(streams: Streams, said: bytes) -> bytes:
    streams[1].write(said)
    return await streams[0].readexactly(len(said))


async def test_it_carries_both_ways_and_the_end(line: tuple[Line, int]) -> None:
    streams = await asyncio.open_connection("127.0.0.1", line[1])
    assert await _say(streams, b"hello" * 50_000) == b"hello" * 50_000
    streams[1].write_eof()
    assert await streams[0].read() == b""


async def test_a_cut_is_noticed_by_who_is_on_it_and_by_nobody_afterwards(line: tuple[Line, int]) -> None:
    streams = await asyncio.open_connection("127.0.0.1", line[1])
    await _say(streams, b"hello")
    assert line[0].cut() == 1
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await _say(streams, b"again")
    assert await _say(await asyncio.open_connection("127.0.0.1", line[1]), b"again") == b"again"


async def test_a_delay_is_at_least_as_long_as_it_says(line: tuple[Line, int]) -> None:
    streams = await asyncio.open_connection("127.0.0.1", line[1])
    line[0].delay = 0.1
    began = time.monotonic()
    await _say(streams, b"hello")
    assert time.monotonic() - began >= 0.2


async def test_what_is_swallowed_never_arrives_and_the_connection_ends_when_all_is_well(line: tuple[Line, int]) -> None:
    streams = await asyncio.open_connection("127.0.0.1", line[1])
    line[0].swallow()
    saying = asyncio.create_task(_say(streams, b"hello"))
    done, _ = await asyncio.wait({saying}, timeout=0.2)
    assert not done
    line[0].restore()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await saying
    assert await _say(await asyncio.open_connection("127.0.0.1", line[1]), b"again") == b"again"
