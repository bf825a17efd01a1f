"""Connections to the mail server: used again while sound, replaced when not, and never shared."""

import asyncio

import pytest

from motcua_chassis.worker import NotDoneError
from motcua_notification import mail_server
from motcua_notification.mail_server import Mail, MailServer, Verdict
from services.notification.tests.scripted_server import ScriptedServer

MAIL = Mail("from@motcua.vn", "an@example.vn", b"Subject: a\r\n\r\n.hidden dot\r\n..two\r\n")


async def test_connections_are_used_again() -> None:
    async with ScriptedServer() as server:
        pool = MailServer("127.0.0.1", server.port, "motcua.vn")
        for _ in range(5):
            assert await pool.deliver(MAIL) is Verdict.ACCEPTED
        await pool.close()
    assert server.connections == 1
    assert len(server.contents) == 5


async def test_each_connection_serves_one_message_at_a_time() -> None:
    async with ScriptedServer() as server:
        mails = [MAIL._replace(content=f"Subject: {n}\r\n\r\n{n}\r\n".encode()) for n in range(40)]
        pool = MailServer("127.0.0.1", server.port, "motcua.vn")
        for start in range(0, 40, 8):
            await asyncio.gather(*(pool.deliver(mail) for mail in mails[start : start + 8]))
        await pool.close()
    assert server.connections == 8
    assert sorted(server.contents) == sorted(mail.content + b".\r\n" for mail in mails)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "CONTENT"])
async def test_a_connection_on_which_something_failed_is_not_used_again(step: str) -> None:
    async with ScriptedServer() as server:
        pool = MailServer("127.0.0.1", server.port, "motcua.vn")
        await pool.deliver(MAIL)
        server.script[step] = "451 later"
        with pytest.raises(NotDoneError):
            await pool.deliver(MAIL)
        del server.script[step]
        assert await pool.deliver(MAIL) is Verdict.ACCEPTED
        await pool.close()
    assert server.connections == 2


async def test_a_connection_the_server_closed_is_replaced() -> None:
    async with ScriptedServer() as server:
        pool = MailServer("127.0.0.1", server.port, "motcua.vn")
        await pool.deliver(MAIL)
        server.hang_up()
        async with asyncio.timeout(5):
            while pool._idle[0][1].is_connected:  # the library tells nobody
                await asyncio.sleep(0.005)
        assert await pool.deliver(MAIL) is Verdict.ACCEPTED
        await pool.close()
    assert server.connections == 2


async def test_a_connection_unused_for_long_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_server, "IDLE_SECONDS", 0.0)
    async with ScriptedServer() as server:
        pool = MailServer("127.0.0.1", server.port, "motcua.vn")
        for _ in range(2):
            await pool.deliver(MAIL)
        await pool.close()
    assert server.connections == 2


async def test_lines_that_begin_with_a_dot_arrive_whole() -> None:
    async with ScriptedServer() as server:
        await MailServer("127.0.0.1", server.port, "motcua.vn").deliver(MAIL)
    assert server.contents == [b"Subject: a\r\n\r\n..hidden dot\r\n...two\r\n.\r\n"]
