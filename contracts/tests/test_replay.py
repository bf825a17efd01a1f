"""A replay is exactly what was recorded, or a new story with the old causes; and never lands where it must not."""

import asyncio
import json
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from aiokafka.admin import NewTopic
from aiokafka.partitioner import DefaultPartitioner

from contracts.tests.stage import PARTITIONS, Sent, Stage, in_time
from motcua_contracts import CATALOGUE, Envelope, Stream, read_headers, write_headers
from motcua_contracts.tools.examples import story
from motcua_events.cluster import PRODUCTION, Cluster
from motcua_events.keyboard import Key
from motcua_events.pace import Pace, StoppedError
from motcua_events.recording import Recording
from motcua_events.renewal import REFERENCES, Renewal
from motcua_local.topics import create_topics
from motcua_local.waiting import comes_true
from tests.support.broker import own_broker
from tests.support.parts import embedded_parts

DEADLINE = 20.0
STRANGE = [
    (None, b"\xff", [("ce_type", None)]),
    (b"k", None, []),
    (b"\xff", b"{}", [("a", b"1"), ("a", b"2")]),
    (b"k", b'{"a":\n 1}', [("content-type", b"text/plain")]),
]


@pytest_asyncio.fixture
async def recorded(stage: Stage, tmp_path: Path) -> Path:
    """The story and some records that are no events, recorded."""
    await stage.tell()
    await stage.put(*STRANGE)
    result = await stage.run("record", tmp_path / "r", *stage.on_topics, "--segment-records", 70)
    assert result.exit_code == 0, result.output
    return tmp_path / "r"


@pytest_asyncio.fixture
async def story_recorded(stage: Stage, tmp_path: Path) -> Path:
    await stage.tell()
    result = await stage.run("record", tmp_path / "r", *stage.on_topics)
    assert result.exit_code == 0, result.output
    return tmp_path / "r"


def _into(stage: Stage, prefix: str) -> list[str]:
    return [part for t in stage.topics for part in ("--into", f"{t}={prefix}{t[len(stage.prefix) :]}")]


def _events(records: dict[str, list[Sent]]) -> list[tuple[Envelope, Sent]]:
    return [(read_headers(sent[2]), sent) for several in records.values() for sent in several]


async def test_an_exact_replay_gives_the_same_bytes_headers_times_partitions_and_order(
    stage: Stage, recorded: Path
) -> None:
    result = await stage.run("replay", recorded, "--exact", *_into(stage, f"again.{stage.prefix}"))
    assert result.exit_code == 0, result.output
    again = Stage(stage.brokers, f"again.{stage.prefix}")
    before, after = await stage.read(), await again.read()
    assert sum(map(len, before.values())) == len(story()) + len(STRANGE)
    assert after == before
    assert f"created again.{stage.prefix}motcua.identity.events" in result.output


async def test_a_prefix_maps_every_topic(stage: Stage, story_recorded: Path) -> None:
    result = await stage.run("replay", story_recorded, "--exact", "--into", "copy.")
    assert result.exit_code == 0, result.output
    assert await Stage(stage.brokers, f"copy.{stage.prefix}").read() == await stage.read()


async def test_a_new_story_keeps_sequences_without_gaps_and_every_cause_known(
    stage: Stage, story_recorded: Path
) -> None:
    result = await stage.run("replay", story_recorded, "--shift", "-30")
    assert result.exit_code == 0, result.output
    told = _events(await stage.read())
    old = {example.envelope.id: example for example in story()}
    new = [(envelope, sent) for envelope, sent in told if envelope.id not in old]
    assert len(new) == len(old) == len(told) - len(new)
    ids = {envelope.id for envelope, _ in new}
    caused = sum(example.envelope.causation_id in old for example in story())
    assert sum(envelope.causation_id in ids for envelope, _ in new) == caused
    subjects = {envelope.subject for envelope, _ in new}
    assert len(subjects) == len({example.envelope.subject for example in story()})
    assert not subjects & {example.envelope.subject for example in story()}
    assert not {envelope.correlation_id for envelope, _ in new} & {e.envelope.correlation_id for e in story()}
    month = 30 * 86_400_000
    assert sorted(_time_of(id_) for id_ in ids) == sorted(_time_of(id_) - month for id_ in old)
    sequences: dict[tuple[UUID, str], list[int]] = defaultdict(list)
    place = DefaultPartitioner()
    for envelope, (key, value, headers, timestamp, partition) in new:
        sequences[envelope.subject, envelope.source].append(envelope.sequence)
        assert key == str(envelope.subject).encode() == dict(headers)["ce_partitionkey"]
        assert partition == place(key, list(range(PARTITIONS)), list(range(PARTITIONS)))
        assert timestamp == int(envelope.time.timestamp() * 1000) + 7
        CATALOGUE[envelope.type].model_validate_json(value or b"")
        because = json.loads(value or b"{}").get("because")
        assert because is None or UUID(because) in ids
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in sequences.values())
    valid = await stage.run("validate", *stage.on_topics)
    assert valid.exit_code == 0, valid.output


def _time_of(id_: UUID) -> int:
    """A UUIDv7 begins with its milliseconds."""
    assert id_.version == 7
    return id_.int >> 80


async def test_the_same_salt_and_shift_give_the_same_story_again(stage: Stage, story_recorded: Path) -> None:
    for prefix in ("one.", "two."):
        options = ["--salt", "pepper", "--shift", 7, *_into(stage, prefix + stage.prefix)]
        assert (await stage.run("replay", story_recorded, *options)).exit_code == 0
    one, two = [await Stage(stage.brokers, prefix + stage.prefix).read() for prefix in ("one.", "two.")]
    assert one == two
    third = await stage.run("replay", story_recorded, "--shift", 7, *_into(stage, "three." + stage.prefix))
    assert third.exit_code == 0
    assert await Stage(stage.brokers, "three." + stage.prefix).read() != one


def test_times_and_dates_move_by_whole_days_and_nothing_else_in_a_body_changes() -> None:
    for example in story():
        body = json.loads(example.body())
        record = _Record(example.body())
        moved = json.loads(Renewal(3, "salt").apply(record).value or b"")
        back = json.loads(Renewal(-3, "salt").apply(_Record(json.dumps(moved).encode())).value or b"")
        body.pop("because", None)
        back.pop("because", None)
        assert back == body
        assert (moved.get("expires_at", "x") == body.get("expires_at", "y")) is False


@pytest.mark.parametrize("days", [0, 3, -20_000])
def test_ids_that_differ_stay_different_and_keep_their_kind_and_their_place_in_time(days: int) -> None:
    renewal = Renewal(days, "salt")
    old = [example.envelope.id for example in story()] + [UUID(int=number) for number in range(1_000)]
    new = [UUID((renewal.id(str(id_).encode()) or b"").decode()) for id_ in old]
    assert len(set(new)) == len(set(old))
    assert not set(new) & set(old)
    for before, after in zip(old, new, strict=True):
        if before.version == 7:
            assert (after.version, after.variant) == (7, before.variant)
            assert _time_of(after) == _time_of(before) + days * 86_400_000
    kept = [b"k", b"", None, b"x" * 36, b"-" * 36]
    assert [renewal.id(each) for each in kept] == kept


class _Record:
    topic, partition, offset, timestamp, key, headers = "t", 0, 0, 0, b"k", ()

    def __init__(self, value: bytes) -> None:
        self.value = value


def test_every_id_in_a_body_is_known_to_be_of_an_event_or_of_something_that_stays() -> None:
    """A new field with an id belongs into `REFERENCES`, or here: it names a person or a paper."""
    stays = {
        "applicant_id", "id", "note", "accepted_by", "declined_by", "requested_by", "supplied_by", "started_by",
        "extended_by", "withdrawn_by", "decided_by", "returned_by", "verified_by", "confirmed_by", "rejected_by",
        "proposed_by", "replaces", "recorded_by",
    }  # fmt: skip
    found: set[str] = set()
    for example in story():
        found |= _ids(json.loads(example.body()))
    assert found <= stays | set(REFERENCES)
    assert set(REFERENCES) <= found


def _ids(value: object, name: str = "") -> set[str]:
    if isinstance(value, dict):
        return set().union(*(_ids(inner, key) for key, inner in value.items()))
    if isinstance(value, list):
        return set().union(*(_ids(inner, name) for inner in value))
    try:
        return {name} if isinstance(value, str) and str(UUID(value)) == value else set()
    except ValueError:
        return set()


async def test_an_exact_replay_onto_itself_is_refused(stage: Stage, story_recorded: Path) -> None:
    result = await stage.run("replay", story_recorded, "--exact")
    assert (result.exit_code, "this very cluster" in result.output) == (2, True), result.output
    assert sum(map(len, (await stage.read()).values())) == len(story())


async def test_types_this_version_does_not_know_are_only_replayed_exactly(stage: Stage, tmp_path: Path) -> None:
    headers = [(n, v.replace(b".v1", b".v9")) for n, v in _headers()]
    await stage.put((b"k", b"{}", [*headers]))
    await stage.run("record", tmp_path / "r", *stage.on_topics)
    refused = await stage.run("replay", tmp_path / "r", "--into", "new.")
    assert (refused.exit_code, ".v9" in refused.output, "--exact" in refused.output) == (2, True, True)
    assert (await stage.run("replay", tmp_path / "r", "--exact", "--into", "new.")).exit_code == 0


def _headers() -> list[tuple[str, bytes]]:
    return write_headers(story()[0].envelope)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--into", "a.", "--into", "b."], "2 prefixes"),
        (["--into", "nowhere=b"], "the recording has"),
        (["--speed", "0"], "how many times faster"),
        (["--speed", "soon"], "how many times faster"),
        (["--exact", "--shift", "1"], "neither"),
    ],
)
async def test_options_that_mean_nothing_are_refused(
    stage: Stage, story_recorded: Path, options: list[str], fault: str
) -> None:
    result = await stage.run("replay", story_recorded, *options)
    assert (result.exit_code, fault in result.output) == (2, True), result.output


async def test_two_topics_are_not_mixed_into_one(stage: Stage, story_recorded: Path) -> None:
    both = [part for topic in stage.topics[:2] for part in ("--into", f"{topic}=same")]
    result = await stage.run("replay", story_recorded, *both)
    assert (result.exit_code, "two topics into one" in result.output) == (2, True)


@pytest_asyncio.fixture
async def production() -> AsyncIterator[Stage]:
    """A cluster of its own, for the mark holds for all of it."""
    async with embedded_parts() as (folder, supervisor):
        broker = await own_broker(supervisor, folder / "kafka")
        stage = Stage(broker.address, "")
        await stage.create()
        await create_topics(broker.address, [NewTopic(PRODUCTION, 1, 1)])
        # A broker that says "created" may know of it a moment later.
        assert await comes_true(Cluster(broker.address).is_production, 30)
        yield stage


async def test_production_is_written_into_only_when_told_twice(
    story_recorded: Path, stage: Stage, production: Stage
) -> None:
    options = [*_into(stage, ""), "--exact"]
    for told in ([], ["--yes-production"]):
        refused = await production.run("replay", story_recorded, *options, *told)
        assert (refused.exit_code, "is production" in refused.output) == (2, True)
    assert not any((await production.read()).values())
    allowed = await production.run("replay", story_recorded, *options, "--yes-production", "--yes-production")
    assert allowed.exit_code == 0, allowed.output
    assert await production.read() == await stage.read()


async def test_looking_whether_it_is_production_does_not_make_it_so(stage: Stage, story_recorded: Path) -> None:
    for prefix in ("first.", "second."):
        assert (await stage.run("replay", story_recorded, "--into", prefix)).exit_code == 0


async def test_an_interrupted_replay_says_where_to_go_on(stage: Stage, story_recorded: Path) -> None:
    into = _into(stage, f"slow.{stage.prefix}")
    slow = Stage(stage.brokers, f"slow.{stage.prefix}")
    await slow.create()
    process = await stage.start("replay", story_recorded, "--exact", "--speed", "3000", *into)
    async with asyncio.timeout(DEADLINE):
        while sum(map(len, (await slow.read()).values())) < 5:
            await asyncio.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = await asyncio.wait_for(process.communicate(), DEADLINE)
    assert process.returncode == 130, said
    sent = sum(map(len, (await slow.read()).values()))
    assert 0 < sent < len(story())
    assert f"go on with --skip {sent}" in said.decode()
    rest = await stage.run("replay", story_recorded, "--exact", "--skip", sent, *into)
    assert rest.exit_code == 0, rest.output
    assert await slow.read() == await stage.read()


async def test_stepping_sends_one_event_for_each_key(stage: Stage, story_recorded: Path) -> None:
    result = await stage.run("replay", story_recorded, "--step", "--into", f"step.{stage.prefix}", stdin="ss\nsq")
    assert result.exit_code == 3, result.output
    assert "stopped: go on with --skip 4" in result.output
    stepped = await Stage(stage.brokers, f"step.{stage.prefix}{stage.prefix}").read()
    assert sum(map(len, stepped.values())) == 4


async def test_it_keeps_the_recorded_distances_and_pauses() -> None:
    keys: asyncio.Queue[Key] = asyncio.Queue()
    pace, flushed = Pace(2.0, keys), []

    async def flush() -> None:
        flushed.append(1)

    began = time.monotonic()
    for at in (1_000, 1_200, 1_100, 1_400):
        await pace.turn(at, flush)
    assert 0.19 < time.monotonic() - began < 1.0
    assert flushed
    keys.put_nowait(Key.PAUSE)
    waiting = asyncio.create_task(pace.turn(1_400, flush))
    await asyncio.wait([waiting], timeout=0.05)
    assert not waiting.done()
    keys.put_nowait(Key.STEP)
    await asyncio.wait_for(waiting, DEADLINE)
    keys.put_nowait(Key.QUIT)
    with pytest.raises(StoppedError):
        await pace.turn(1_500, flush)


async def test_an_empty_recording_replays_nothing(stage: Stage, tmp_path: Path) -> None:
    await stage.run("record", tmp_path / "r", *stage.on_topics)
    result = await stage.run("replay", tmp_path / "r")
    assert result.exit_code == 0, result.output
    assert Recording(tmp_path / "r").manifest.segments == []
    assert {stream.topic for stream in Stream} == {topic[len(stage.prefix) :] for topic in stage.topics}
    assert in_time()[0].envelope.time <= in_time()[-1].envelope.time
