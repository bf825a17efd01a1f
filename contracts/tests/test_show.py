"""`show`, `tail` and `lag` show people what is on the topics, and programs the same as JSON."""

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer

from contracts.tests.stage import Stage, in_time
from motcua_contracts import ApplicationSubmitted, PaymentSettled
from motcua_contracts.tools.examples import paid, story
from motcua_events.records import StoredRecord
from motcua_events.telling import Heard
from motcua_events.timeline import steps

DEADLINE = 20.0
APPLICATION = paid()[0].envelope.subject
PAID = [example for example in in_time() if example.envelope.subject == APPLICATION]
CODE = next(example.event.dossier.code for example in PAID if isinstance(example.event, ApplicationSubmitted))


@pytest.mark.parametrize("by", [str(APPLICATION), CODE])
async def test_a_story_is_told_by_id_and_by_dossier_code(stage: Stage, by: str) -> None:
    await stage.tell()
    result = await stage.run("show", by, *stage.on_topics)
    assert result.exit_code == 0, result.output
    first, *lines = result.stdout.splitlines()
    assert (str(APPLICATION) in first, CODE in first, f"{len(PAID)} events" in first) == (True, True, True)
    assert sum(" #" in line for line in lines) >= len(PAID)
    assert next(line for line in lines if "check-requested.v1" in line).count("─") == 1


async def test_each_event_stands_under_its_cause_and_the_numbers_are_those_of_time(stage: Stage) -> None:
    await stage.tell()
    result = await stage.run("show", CODE, *stage.on_topics, "--json")
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["number"] for each in told] == list(range(1, len(PAID) + 1))
    assert [each["event"]["id"] for each in told] == [str(example.envelope.id) for example in PAID]
    number_of = {each["event"]["id"]: each["number"] for each in told}
    for each in told:
        assert each["cause"] == number_of.get(each["event"]["causationid"])
    assert sum(each["cause"] is not None for each in told) > len(told) // 3


async def test_a_recording_tells_the_same_story_as_the_cluster(stage: Stage, tmp_path: Path) -> None:
    await stage.tell()
    await stage.run("record", tmp_path, *stage.on_topics)
    live = await stage.run("show", CODE, *stage.on_topics)
    assert (await stage.run("show", CODE, "--recording", tmp_path)).stdout == live.stdout


async def test_an_event_published_twice_is_told_once_and_says_so(stage: Stage) -> None:
    await stage.tell(PAID)
    await stage.tell(PAID[:1])
    result = await stage.run("show", APPLICATION, *stage.on_topics)
    assert f"{len(PAID)} events" in result.stdout
    assert "published 2 times" in result.stdout


@pytest.mark.parametrize("unknown", [str(uuid4()), "H29.25.12-261207-9999", "nonsense"], ids=["id", "code", "neither"])
async def test_an_application_that_is_not_there_is_said(stage: Stage, unknown: str) -> None:
    await stage.tell(PAID)
    result = await stage.run("show", unknown, *stage.on_topics)
    assert (result.exit_code, result.stdout, unknown in result.stderr) == (2, "", True)


def test_a_story_of_thousands_of_causes_is_drawn() -> None:
    record = StoredRecord("t", 0, 0, 0, b"", b"{}", ())
    envelope, cause, events = PAID[0].envelope, uuid4(), []
    for number in range(3_000):
        told = envelope._replace(id=uuid4(), causation_id=cause, sequence=number + 1)
        cause = told.id
        events.append(Heard(record, told))
    assert len(steps(events)) == 3_000


async def test_the_last_ten_are_shown_and_filters_choose_from_all(stage: Stage) -> None:
    await stage.tell()
    ids = [str(example.envelope.id) for example in in_time()]
    assert await _tailed(stage) == ids[-10:]
    assert await _tailed(stage, "-n", 3) == ids[-3:]
    settled = [str(e.envelope.id) for e in in_time() if isinstance(e.event, PaymentSettled)]
    for form in ("settled", "payment.settled", "payment.settle*", PaymentSettled.type):
        assert await _tailed(stage, "--type", form) == settled
    assert await _tailed(stage, "--application", APPLICATION) == [str(e.envelope.id) for e in PAID]
    assert await _tailed(stage, "--service", "payment") == [
        str(e.envelope.id) for e in in_time() if e.event.stream == "payment"
    ]
    since, until = in_time()[30].envelope.time, in_time()[40].envelope.time
    assert await _tailed(stage, "--since", since.isoformat(), "--until", until.isoformat()) == ids[30:41]


async def _tailed(stage: Stage, *options: object) -> list[str]:
    result = await stage.run("tail", *stage.on_topics, "--json", *options)
    assert result.exit_code == 0, result.output
    return [json.loads(line)["id"] for line in result.stdout.splitlines()]


async def test_a_line_is_readable_and_what_is_no_event_is_shown_as_such(stage: Stage) -> None:
    await stage.tell(PAID[:1])
    await stage.put((b"k", b"secret", []))
    result = await stage.run("tail", *stage.on_topics)
    assert CODE in result.stdout
    assert "intake application-submitted.v1 #1" in result.stdout
    assert "missing-header" in result.stdout
    assert "secret" not in result.stdout


async def test_following_shows_what_comes_until_ctrl_c(stage: Stage) -> None:
    await stage.tell(in_time()[:4])
    process = await stage.start("tail", *stage.on_topics, "--json", "--follow")
    assert process.stdout is not None
    async with asyncio.timeout(DEADLINE):
        shown = [json.loads(await process.stdout.readline())["id"] for _ in range(4)]
        await stage.tell(in_time()[4:6])
        shown += [json.loads(await process.stdout.readline())["id"] for _ in range(2)]
    assert shown == [str(example.envelope.id) for example in in_time()[:6]]
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.communicate(), DEADLINE)
    assert process.returncode == 130


async def test_lag_says_how_far_each_group_is_behind(stage: Stage, fresh_name: Callable[[str], str]) -> None:
    await stage.tell()
    group, topic = fresh_name("readers"), stage.topics[0]
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=stage.brokers, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False,
        session_timeout_ms=6_000,
    ) as consumer:  # fmt: skip
        async with asyncio.timeout(DEADLINE):
            while not (records := await consumer.getmany(timeout_ms=200, max_records=3)):
                pass
        await consumer.commit()
        [(partition, taken)] = records.items()
    result = await stage.run("lag", *stage.on_topics, "--group", group, "--json")
    assert result.exit_code == 0, result.output
    rows = {(row["topic"], row["partition"]): row for row in map(json.loads, result.stdout.splitlines())}
    row = rows[topic, partition.partition]
    assert row["committed"] == taken[-1].offset + 1
    assert row["lag"] == row["end"] - row["committed"]
    assert group in (await stage.run("lag", *stage.on_topics)).stdout
    assert len(story()) >= row["end"]
