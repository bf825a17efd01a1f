"""The mail server seen by senders."""

import itertools
import signal
import smtplib
import socket
import time
from email.message import EmailMessage
from typing import Any

import pytest

NUMBERS = itertools.count(1)


def message() -> EmailMessage:
    message = EmailMessage()
    message["Message-ID"] = f"<n{next(NUMBERS)}@motcua.test>"
    message["From"] = "motcua@motcua.test"
    message["To"] = "an@example.vn"
    message["Subject"] = "Hồ sơ đã được tiếp nhận"
    message["X-Motcua-Language"] = "vi"
    message.set_content("Kính gửi ông An,\nHồ sơ của ông đã được tiếp nhận.\n")
    return message


def send(smtp: Any, message: EmailMessage) -> None:
    with smtp.mail() as door:
        door.send_message(message)


def kept(smtp: Any, message: EmailMessage) -> list[dict[str, Any]]:
    return [entry for entry in smtp.ledger("messages") if entry["message_id"] == message["Message-ID"]]


def test_a_message_is_kept_readable(smtp: Any) -> None:
    mail = message()
    send(smtp, mail)
    [entry] = kept(smtp, mail)
    assert entry["to"] == ["an@example.vn"]
    assert entry["subject"] == "Hồ sơ đã được tiếp nhận"
    assert "Kính gửi ông An" in entry["text"]
    assert entry["headers"]["X-Motcua-Language"] == "vi"


def test_the_plain_part_of_two_is_kept(smtp: Any) -> None:
    mail = message()
    mail.add_alternative("<p>Kính gửi <b>ông An</b></p>", subtype="html")
    send(smtp, mail)
    assert kept(smtp, mail)[0]["text"].startswith("Kính gửi ông An,")


def test_counts_name_only_what_came_twice(smtp: Any) -> None:
    once, twice = message(), message()
    before = smtp.client.get("/control/counts").json()["messages"]
    for mail in (once, twice, twice):
        send(smtp, mail)
    counts = smtp.client.get("/control/counts").json()
    assert counts["messages"] == before + 3
    assert counts["by_message_id"][twice["Message-ID"]] == 2
    assert once["Message-ID"] not in counts["by_message_id"]


def test_a_limit_gives_the_newest(smtp: Any) -> None:
    mail = message()
    for each in (message(), mail):
        send(smtp, each)
    [entry] = smtp.client.get("/control/ledger", params={"limit": 1}).json()["messages"]
    assert entry["message_id"] == mail["Message-ID"]


def test_failing_is_temporary_and_keeps_nothing(smtp: Any) -> None:
    smtp.behave("fail", times=1)
    mail = message()
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        send(smtp, mail)
    assert refusal.value.smtp_code == 451
    assert not kept(smtp, mail)
    send(smtp, mail)
    assert len(kept(smtp, mail)) == 1


def test_refusing_is_permanent_and_keeps_nothing(smtp: Any) -> None:
    smtp.behave("refuse")
    mail = message()
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        send(smtp, mail)
    assert refusal.value.recipients["an@example.vn"][0] == 550
    assert not kept(smtp, mail)


def test_hanging_keeps_the_message_and_never_answers(smtp: Any) -> None:
    smtp.behave("hang", times=1)
    mail = message()
    with (
        smtplib.SMTP("127.0.0.1", smtp.smtp_port, timeout=0.5) as door,
        pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"),
    ):
        door.send_message(mail)
    assert len(kept(smtp, mail)) == 1


def test_cutting_keeps_the_message_and_closes(smtp: Any) -> None:
    smtp.behave("cut", times=1)
    mail = message()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp, mail)
    assert len(kept(smtp, mail)) == 1


def test_repeating_keeps_the_message_twice(smtp: Any) -> None:
    smtp.behave("repeat", times=1)
    mail = message()
    send(smtp, mail)
    assert len(kept(smtp, mail)) == 2
    assert smtp.client.get("/control/counts").json()["by_message_id"][mail["Message-ID"]] == 2


def test_slow_answers_late(smtp: Any) -> None:
    smtp.behave("slow", delay_seconds=0.3)
    started = time.monotonic()
    send(smtp, message())
    assert time.monotonic() - started >= 0.3


def test_a_signal_ends_it_while_a_sender_hangs(smtp: Any) -> None:
    smtp.behave("hang", times=1)
    mail = message()
    with socket.create_connection(("127.0.0.1", smtp.smtp_port)) as door:
        start = "EHLO a\r\nMAIL FROM:<a@b.vn>\r\nRCPT TO:<c@d.vn>\r\nDATA\r\n"
        door.sendall(f"{start}Message-ID: {mail['Message-ID']}\r\n\r\nA\r\n.\r\n".encode())
        deadline = time.monotonic() + 15
        while not kept(smtp, mail):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert smtp.stop() == (0, "")
    smtp.start()


def test_messages_survive_a_kill(smtp: Any) -> None:
    mail = message()
    send(smtp, mail)
    smtp.stop(signal.SIGKILL)
    smtp.start()
    assert len(kept(smtp, mail)) == 1
    send(smtp, mail)
    assert smtp.client.get("/control/counts").json()["by_message_id"][mail["Message-ID"]] == 2
