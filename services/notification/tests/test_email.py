"""E-mail against servers that misbehave at every step: what may be tried again, and what may not."""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from aiosmtpd.smtp import SMTP

from motcua_chassis.claim_check import Applicants, ErasedError
from motcua_chassis.worker import NotDoneError, Repeatable, Task
from motcua_contracts import Medium, NotificationSent, Topic
from motcua_notification import mail_server
from motcua_notification.attempts import attempts_of
from motcua_notification.domain import DECIDER, Accepted, ApplicantGone, NoAddress, Notices, OptedOut, Refused
from motcua_notification.email import Email, is_address
from motcua_notification.letters import Letters
from motcua_notification.mail_server import MailServer
from motcua_notification.preferences import opt_out
from motcua_notification.recipients import ASKING_SECONDS, Recipients
from motcua_notification.wordings import Wordings
from motcua_simulators.behaviour import Behaviour, Setting
from motcua_simulators.ledger import Ledger
from motcua_simulators.smtp.mailbox import MODES, Mailbox
from services.notification.tests.cases import APPLICATION, NOTE, request_about
from services.notification.tests.people import AN, People
from services.notification.tests.scripted_server import CLOSE, HANG, SLOW, SLOW_SECONDS, STEPS, ScriptedServer

STATE = DECIDER.evolve(Notices(), request_about(Topic.SUBMITTED))
TASK = Task(APPLICATION, "email:submitted:1", STATE, 1, False)  # noqa: FBT003
ABOUT = (Topic.SUBMITTED, 1, Medium.EMAIL)
SENDER = "Bộ phận Một cửa <khong-tra-loi@motcua.vn>"
BEFORE_CONTENT = STEPS[:-1]
LETTERS = Letters(Wordings("https://portal.example"))


Send = Callable[..., Awaitable[Any]]


@pytest.fixture
def email_to(shared_pool: asyncpg.Pool) -> Callable[..., Email]:
    def made(port: int, people: dict[str, Any] | Exception = AN, patience: float = 5.0) -> Email:
        server = MailServer("127.0.0.1", port, "motcua.vn", patience)
        return Email(Recipients(People(people), shared_pool), LETTERS, shared_pool, server, SENDER)

    return made


@pytest.fixture
def send(email_to: Callable[..., Email]) -> Send:
    async def sent(port: int, people: dict[str, Any] | Exception = AN, patience: float = 5.0, task: Task = TASK) -> Any:
        email = email_to(port, people, patience)
        try:
            return await asyncio.wait_for(email.call(task), 5)
        finally:
            await email.close()

    return sent


def test_a_mail_whose_end_nobody_saw_is_never_repeated() -> None:
    assert Email.repeatable is Repeatable.NEITHER
    before_content = ASKING_SECONDS + mail_server.PATIENCE_SECONDS
    assert Email.timeout > before_content, "what comes before the content must end as `NotDoneError`"


async def test_an_accepted_mail_names_its_message_id(send: Send) -> None:
    async with ScriptedServer() as server:
        answer = await send(server.port)
    assert isinstance(answer, Accepted)
    NotificationSent(topic=answer.topic, medium=answer.medium, reference=answer.reference)
    message = parsed(server.contents[0])
    assert message["Message-ID"] == answer.reference
    assert message["To"] == "an@example.vn"
    assert message["From"] == SENDER
    assert message["Auto-Submitted"] == "auto-generated"
    assert "H29.25.12-261012-0004" in message["Subject"]


async def test_only_a_letter_asks_for_officers_words_and_only_for_those_it_quotes(shared_pool: asyncpg.Pool) -> None:
    people = People(AN)
    recipients = Recipients(people, shared_pool)
    for topic, quoted in (
        (Topic.DECIDED, {NOTE}),
        (Topic.PAYMENT_REQUESTED, set()),
        (Topic.SUPPLEMENT_REQUESTED, {NOTE}),
    ):
        request = request_about(topic)
        await recipients.of(APPLICATION, request)
        assert people.quoted == quoted, topic
        await recipients.of(APPLICATION, request.model_copy(update={"medium": Medium.SMS}))
        assert people.quoted == set(), topic


async def test_text_and_html_arrive_as_they_were_written(send: Send) -> None:
    async with ScriptedServer() as server:
        await send(server.port)
    letter = LETTERS.write(TASK.state.request(Topic.SUBMITTED, 1), APPLICATION, AN["full_name"])
    message = parsed(server.contents[0])
    parts = {part.get_content_type(): part.get_content() for part in message.iter_parts()}
    assert message["Subject"] == letter.subject
    assert parts["text/plain"].strip() == letter.text.strip()
    assert parts["text/html"].strip() == letter.html.strip()


async def test_every_attempt_has_the_same_message_id_and_every_occasion_its_own(
    email_to: Callable[..., Email],
) -> None:
    email, first = email_to(9), request_about(Topic.DECIDED)
    again = first.model_copy(update={"attempt": 2})
    second = first.model_copy(update={"number": 2})
    ids = [email._message_id(APPLICATION, request) for request in (first, again, second)]
    assert ids[0] == ids[1] != ids[2]
    others = {email._message_id(APPLICATION, request_about(topic)) for topic in Topic}
    assert len(others) == len(Topic)


@pytest.mark.parametrize("step", ["GREETING", "MAIL", "RCPT", "DATA", "CONTENT"])
async def test_a_temporary_refusal_may_be_tried_again(send: Send, step: str) -> None:
    async with ScriptedServer({step: "451 4.3.0 later"}) as server:
        with pytest.raises(NotDoneError):
            await send(server.port)


@pytest.mark.parametrize("step", ["RCPT", "DATA", "CONTENT"])
async def test_a_permanent_refusal_of_the_message_is_an_answer(send: Send, step: str) -> None:
    async with ScriptedServer({step: "550 5.1.1 no such person"}) as server:
        assert await send(server.port) == Refused(*ABOUT)


@pytest.mark.parametrize("step", ["GREETING", "MAIL"])
async def test_a_permanent_refusal_of_us_may_be_tried_again(send: Send, step: str) -> None:
    async with ScriptedServer({step: "554 go away"}) as server:
        with pytest.raises(NotDoneError):
            await send(server.port)


async def test_a_refused_connection_may_be_tried_again(send: Send, unused_tcp_port: int) -> None:
    with pytest.raises(NotDoneError):
        await send(unused_tcp_port)


@pytest.mark.parametrize("step", BEFORE_CONTENT)
async def test_a_connection_lost_before_the_content_may_be_tried_again(send: Send, step: str) -> None:
    async with ScriptedServer({step: CLOSE}) as server:
        with pytest.raises(NotDoneError):
            await send(server.port)
    assert server.contents == []


@pytest.mark.parametrize("step", BEFORE_CONTENT)
async def test_a_silence_before_the_content_may_be_tried_again(send: Send, step: str) -> None:
    async with ScriptedServer({step: HANG}) as server:
        with pytest.raises(NotDoneError):
            await send(server.port, patience=0.2)
    assert server.contents == []


@pytest.mark.parametrize("answer", [CLOSE, "not an answer", "354 more", "-1"])
async def test_an_unclear_end_after_the_content_leaves_the_outcome_open(send: Send, answer: str) -> None:
    async with ScriptedServer({"CONTENT": answer}) as server:
        with pytest.raises(Exception) as raised:  # noqa: PT011  # any but the one that allows another attempt
            await send(server.port)
    assert not isinstance(raised.value, NotDoneError)
    assert len(server.contents) == 1


async def test_a_silence_after_the_content_lasts_until_the_call_times_out(email_to: Callable[..., Email]) -> None:
    async with ScriptedServer({"CONTENT": HANG}) as server:
        email = email_to(server.port, patience=0.1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(email.call(TASK), 0.5)
        await email.close()
    assert len(server.contents) == 1


async def test_patience_ends_where_the_content_begins(send: Send) -> None:
    async with ScriptedServer({"CONTENT": SLOW}) as server:
        assert isinstance(await send(server.port, patience=SLOW_SECONDS / 2), Accepted)


async def test_an_erased_applicant_is_an_answer(send: Send) -> None:
    assert await send(9, ErasedError()) == ApplicantGone(*ABOUT)


@pytest.mark.parametrize("address", [None, "", "an", "an@", "@example.vn", "an@localhost", "ân@example.vn"])
async def test_an_applicant_without_an_address_is_an_answer(send: Send, address: str | None) -> None:
    assert await send(9, AN | {"email": address}) == NoAddress(*ABOUT)
    assert await send(9, {}) == NoAddress(*ABOUT)


@pytest.mark.parametrize("fault", [NotDoneError("intake"), RuntimeError("defect"), TimeoutError()])
async def test_a_failure_to_learn_who_it_is_may_be_tried_again(send: Send, fault: Exception) -> None:
    with pytest.raises(NotDoneError):
        await send(9, fault)


async def test_a_vault_that_does_not_answer_in_time_may_be_asked_again(shared_pool: asyncpg.Pool) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        vault = Applicants(f"http://127.0.0.1:{silent.getsockname()[1]}", "notification", lambda: "token", 0.05)
        server = MailServer("127.0.0.1", 9, "motcua.vn")
        email = Email(Recipients(vault, shared_pool), LETTERS, shared_pool, server, SENDER)
        with pytest.raises(NotDoneError):
            await asyncio.wait_for(email.call(TASK), 2)
        await email.close()


async def test_who_does_not_want_mail_gets_none_unless_the_law_wants_it(send: Send, shared_pool: asyncpg.Pool) -> None:
    person = uuid4()
    await opt_out(shared_pool, person, [Medium.EMAIL])
    for topic, answer in ((Topic.SUBMITTED, OptedOut), (Topic.ACCEPTED, Accepted)):
        asked = request_about(topic)
        asked = asked.model_copy(update={"dossier": asked.dossier.model_copy(update={"applicant_id": person})})
        state = DECIDER.evolve(Notices(), asked)
        async with ScriptedServer() as server:
            task = Task(APPLICATION, f"email:{topic.value}:1", state, 1, False)  # noqa: FBT003
            assert isinstance(await send(server.port, task=task), answer)


@pytest.mark.parametrize(
    ("script", "result"),
    [({"RCPT": "451 later"}, "unavailable"), ({"RCPT": "550 no"}, "refused"), ({"CONTENT": CLOSE}, "uncertain")],
)
async def test_failures_are_noted_and_success_is_not(
    send: Send, shared_pool: asyncpg.Pool, script: dict[str, str], result: str
) -> None:
    application = uuid4()
    task = Task(application, TASK.key, STATE, 1, False)  # noqa: FBT003
    async with ScriptedServer(script) as server:
        with contextlib.suppress(Exception):
            await send(server.port, task=task)
        server.script.clear()
        await send(server.port, task=task)
    assert [attempt.result for attempt in await attempts_of(shared_pool, application)] == [result]


@pytest.mark.parametrize(
    "address",
    ["a@b.vn>\r\nRCPT TO:<c@d.vn", "a@b.vn, c@d.vn", '"a b"@c.vn', "a b@c.vn", "<a@b.vn>", "a@b@c.vn", "a@b.vn\n"],
)
def test_an_address_cannot_smuggle_a_second_one_in(address: str) -> None:
    assert not is_address(address)


def test_plain_addresses_are_addresses() -> None:
    assert all(map(is_address, ["an@example.vn", "an.nguyen+hoso@mail.example.vn", "o'an_1@x-y.vn"]))


async def test_a_full_mail_server_takes_the_message_as_any_sender_means_it(
    send: Send, mailbox: tuple[int, Ledger]
) -> None:
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
    email_to: Callable[..., Email],
    mailbox: tuple[int, Ledger],
    behaviour: Behaviour,
    mode: str,
    raised: type[Exception] | None,
) -> None:
    port, ledger = mailbox
    behaviour.set(Setting(mode=mode, times=1))
    email = email_to(port)
    if raised is None:
        assert await email.call(TASK) == Refused(*ABOUT)
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
