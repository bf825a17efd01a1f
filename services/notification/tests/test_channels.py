"""The e-mail channel against servers that misbehave at every step: what may be tried again, and what may not."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP

from motcua_chassis.claim_check import Applicants, ErasedError
from motcua_chassis.worker import NotDoneError, Repeatable, Task
from motcua_contracts import NotificationSent, Topic
from motcua_notification import mail_server
from motcua_notification.channels import CLAIM_CHECK_SECONDS, Email, is_address
from motcua_notification.domain import ApplicantGone, MailAccepted, MailRefused, NoAddress, Notices
from motcua_notification.letters import Letters
from motcua_notification.mail_server import MailServer
from motcua_simulators.behaviour import Behaviour, Setting
from motcua_simulators.ledger import Ledger
from motcua_simulators.smtp.mailbox import MODES, Mailbox
from services.notification.tests.cases import APPLICATION, request_about
from services.notification.tests.scripted_server import CLOSE, HANG, SLOW, SLOW_SECONDS, STEPS, ScriptedServer

AN = {"full_name": "NGUYỄN VĂN AN", "email": "an@example.vn", "phone": "+84901234567"}
TASK = Task(APPLICATION, "email:submitted", Notices({Topic.SUBMITTED: request_about(Topic.SUBMITTED)}), 1, False)  # noqa: FBT003
SENDER = "Bộ phận Một cửa <khong-tra-loi@motcua.vn>"
BEFORE_CONTENT = STEPS[:-1]
LETTERS = Letters("https://portal.example")


class People(Applicants):
    """The vault, without intake."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        super().__init__("http://127.0.0.1:9", "notification", lambda: "token")
        self.answer = answer

    async def of(self, application: UUID) -> dict[str, Any]:
        assert application == APPLICATION
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def email_to(port: int, people: dict[str, Any] | Exception = AN, patience: float = 5.0) -> Email:
    server = MailServer("127.0.0.1", port, "motcua.vn", patience)
    return Email(People(people), LETTERS, server, SENDER)


async def send(port: int, people: dict[str, Any] | Exception = AN, patience: float = 5.0) -> Any:
    email = email_to(port, people, patience)
    try:
        return await asyncio.wait_for(email.call(TASK), 5)
    finally:
        await email.close()


def test_a_mail_whose_end_nobody_saw_is_never_repeated() -> None:
    assert Email.repeatable is Repeatable.NEITHER
    before_content = CLAIM_CHECK_SECONDS + mail_server.PATIENCE_SECONDS
    assert Email.timeout > before_content, "what comes before the content must end as `NotDoneError`"


async def test_an_accepted_mail_names_its_message_id() -> None:
    async with ScriptedServer() as server:
        answer = await send(server.port)
    assert isinstance(answer, MailAccepted)
    NotificationSent(topic=answer.topic, medium="email", reference=answer.reference)
    message = parsed(server.contents[0])
    assert message["Message-ID"] == answer.reference
    assert message["To"] == "an@example.vn"
    assert message["From"] == SENDER
    assert message["Auto-Submitted"] == "auto-generated"
    assert "H29.25.12-261012-0004" in message["Subject"]


async def test_text_and_html_arrive_as_they_were_written() -> None:
    async with ScriptedServer() as server:
        await send(server.port)
    letter = LETTERS.write(TASK.state.waiting[Topic.SUBMITTED], APPLICATION, AN["full_name"])
    message = parsed(server.contents[0])
    parts = {part.get_content_type(): part.get_content() for part in message.iter_parts()}
    assert message["Subject"] == letter.subject
    assert parts["text/plain"].strip() == letter.text.strip()
    assert parts["text/html"].strip() == letter.html.strip()


async def test_every_attempt_has_the_same_message_id_and_every_topic_its_own() -> None:
    email = email_to(9)
    assert email._message_id(APPLICATION, Topic.DECIDED) == email._message_id(APPLICATION, Topic.DECIDED)
    assert len({email._message_id(APPLICATION, topic) for topic in Topic}) == len(Topic)


@pytest.mark.parametrize("step", ["GREETING", "MAIL", "RCPT", "DATA", "CONTENT"])
async def test_a_temporary_refusal_may_be_tried_again(step: str) -> None:
    async with ScriptedServer({step: "451 4.3.0 later"}) as server:
        with pytest.raises(NotDoneError):
            await send(server.port)


@pytest.mark.parametrize("step", ["RCPT", "DATA", "CONTENT"])
async def test_a_permanent_refusal_of_the_message_is_an_answer(step: str) -> None:
    async with ScriptedServer({step: "550 5.1.1 no such person"}) as server:
        assert await send(server.port) == MailRefused(Topic.SUBMITTED)


@pytest.mark.parametrize("step", ["GREETING", "MAIL"])
async def test_a_permanent_refusal_of_us_may_be_tried_again(step: str) -> None:
    async with ScriptedServer({step: "554 go away"}) as server:
        with pytest.raises(NotDoneError):
            await send(server.port)


async def test_a_refused_connection_may_be_tried_again(unused_tcp_port: int) -> None:
    with pytest.raises(NotDoneError):
        await send(unused_tcp_port)


@pytest.mark.parametrize("step", BEFORE_CONTENT)
async def test_a_connection_lost_before_the_content_may_be_tried_again(step: str) -> None:
    async with ScriptedServer({step: CLOSE}) as server:
        with pytest.raises(NotDoneError):
            await send(server.port)
    assert server.contents == []


@pytest.mark.parametrize("step", BEFORE_CONTENT)
async def test_a_silence_before_the_content_may_be_tried_again(step: str) -> None:
    async with ScriptedServer({step: HANG}) as server:
        with pytest.raises(NotDoneError):
            await send(server.port, patience=0.2)
    assert server.contents == []


@pytest.mark.parametrize("answer", [CLOSE, "not an answer", "354 more", "-1"])
async def test_an_unclear_end_after_the_content_leaves_the_outcome_open(answer: str) -> None:
    async with ScriptedServer({"CONTENT": answer}) as server:
        with pytest.raises(Exception) as raised:  # noqa: PT011  # any but the one that allows another attempt
            await send(server.port)
    assert not isinstance(raised.value, NotDoneError)
    assert len(server.contents) == 1


async def test_a_silence_after_the_content_lasts_until_the_call_times_out() -> None:
    async with ScriptedServer({"CONTENT": HANG}) as server:
        email = email_to(server.port, patience=0.1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(email.call(TASK), 0.5)
        await email.close()
    assert len(server.contents) == 1


async def test_patience_ends_where_the_content_begins() -> None:
    async with ScriptedServer({"CONTENT": SLOW}) as server:
        assert isinstance(await send(server.port, patience=SLOW_SECONDS / 2), MailAccepted)


async def test_an_erased_applicant_is_an_answer() -> None:
    assert await send(9, ErasedError()) == ApplicantGone(Topic.SUBMITTED)


@pytest.mark.parametrize("address", [None, "", "an", "an@", "@example.vn", "an@localhost", "ân@example.vn"])
async def test_an_applicant_without_an_address_is_an_answer(address: str | None) -> None:
    assert await send(9, AN | {"email": address}) == NoAddress(Topic.SUBMITTED)
    assert await send(9, {}) == NoAddress(Topic.SUBMITTED)


@pytest.mark.parametrize("fault", [NotDoneError("intake"), RuntimeError("defect"), TimeoutError()])
async def test_a_failure_to_learn_who_it_is_may_be_tried_again(fault: Exception) -> None:
    with pytest.raises(NotDoneError):
        await send(9, fault)


async def test_a_vault_that_does_not_answer_in_time_may_be_asked_again() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        vault = Applicants(f"http://127.0.0.1:{silent.getsockname()[1]}", "notification", lambda: "token", 0.05)
        email = Email(vault, LETTERS, MailServer("127.0.0.1", 9, "motcua.vn"), SENDER)
        with pytest.raises(NotDoneError):
            await asyncio.wait_for(email.call(TASK), 2)
        await email.close()


@pytest.mark.parametrize(
    "address",
    ["a@b.vn>\r\nRCPT TO:<c@d.vn", "a@b.vn, c@d.vn", '"a b"@c.vn', "a b@c.vn", "<a@b.vn>", "a@b@c.vn", "a@b.vn\n"],
)
def test_an_address_cannot_smuggle_a_second_one_in(address: str) -> None:
    assert not is_address(address)


def test_plain_addresses_are_addresses() -> None:
    assert all(map(is_address, ["an@example.vn", "an.nguyen+hoso@mail.example.vn", "o'an_1@x-y.vn"]))


async def test_a_full_mail_server_takes_the_message_as_any_sender_means_it(mailbox: tuple[int, Ledger]) -> None:
    port, ledger = mailbox
    answer = await send(port)
    [entry] = ledger.entries("messages")
    assert entry["message_id"] == answer.reference
    assert entry["to"] == ["an@example.vn"]
    assert entry["subject"] == "Hồ sơ H29.25.12-261012-0004 đã được gửi đến cơ quan giải quyết"
    assert "Kính gửi ông/bà NGUYỄN VĂN AN," in entry["text"]
    assert entry["headers"]["X-Motcua-Application"] == str(APPLICATION)


@pytest.mark.parametrize(
    ("mode", "raised"), [("fail", NotDoneError), ("hang", TimeoutError), ("cut", ConnectionError), ("refuse", None)]
)
async def test_the_simulator_s_faults_mean_what_they_say(
    mailbox: tuple[int, Ledger], behaviour: Behaviour, mode: str, raised: type[Exception] | None
) -> None:
    port, ledger = mailbox
    behaviour.set(Setting(mode=mode, times=1))
    email = email_to(port)
    if raised is None:
        assert await email.call(TASK) == MailRefused(Topic.SUBMITTED)
    else:
        with pytest.raises(raised):
            await asyncio.wait_for(email.call(TASK), 0.5)
    await email.close()
    assert len(ledger.entries("messages")) == (mode in {"hang", "cut"})


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour(MODES)


@pytest.fixture
async def mailbox(behaviour: Behaviour, tmp_path: Path) -> AsyncIterator[tuple[int, Ledger]]:
    ledger = Ledger(tmp_path / "ledger.jsonl", "messages")
    loop = asyncio.get_running_loop()
    session = partial(SMTP, Mailbox(ledger, behaviour), hostname="mail.test", enable_SMTPUTF8=True, loop=loop)
    server = await loop.create_server(session, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], ledger
    server.close()


@pytest.fixture
def unused_tcp_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(re.sub(rb"(?m)^\.", b"", content), policy=policy.default)
