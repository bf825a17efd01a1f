"""A recording holds exactly what was on the topics, survives interruption, and never pretends to be whole."""

import asyncio
import hashlib
import json
import signal
import subprocess
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from contracts.tests.stage import Stage, in_time
from motcua_contracts import write_headers
from motcua_contracts.tools.examples import story
from motcua_events.failure import ToolError
from motcua_events.lines import UNREADABLE, read_line, write_line
from motcua_events.moments import from_milliseconds
from motcua_events.recording import Recording
from motcua_events.records import StoredRecord

DEADLINE = 20.0
HEADERS = (("ce_id", b"x"), ("gone", None), ("ce_id", b"\xff\x00"), ("é", "é".encode()))
GOOD = story()[0]


def _good(**changed: object) -> StoredRecord:
    headers = tuple((name, value) for name, value in _headers())
    key, value = str(GOOD.envelope.subject).encode(), GOOD.body()
    return StoredRecord("t", 1, 2, 1_700_000_000_000, key, value, list(headers))._replace(**changed)  # type: ignore[arg-type]


def _headers() -> list[tuple[str, bytes]]:
    return write_headers(GOOD.envelope)


@pytest.mark.parametrize(
    "record",
    [
        _good(),
        _good(value=None),
        _good(value=b""),
        _good(value=b'{"a":\n1}'),
        _good(value=b' { "a" : 1.50 } '),
        _good(value=b"\xff\x00"),
        _good(value=b'"NaN"'),
        _good(value=b"NaN"),
        _good(value=b'{"data":"\\",\\"data\\":"}'),
        _good(key=None),
        _good(key=b"\xff"),
        _good(timestamp=-1),
        _good(timestamp=2**62),
        _good(offset=2**40),
        _good(topic='odd"topic'),
        _good(headers=()),
        _good(headers=HEADERS),
        _good(headers=tuple(reversed(_good().headers))),
        _good(headers=(*_good().headers, ("baggage", b"a=1"))),
        _good(headers=tuple(pair for pair in _good().headers if pair[0] != "traceparent")),
        _good(headers=tuple((n, b'a"b\\' if n == "ce_source" else v) for n, v in _good().headers)),
        _good(headers=tuple((n, b"yesterday" if n == "ce_time" else v) for n, v in _good().headers)),
        _good(headers=tuple((n, b"2026-12-07T01:30:05.2Z" if n == "ce_time" else v) for n, v in _good().headers)),
        _good(value='{"\u0111": "\u0111"}'.encode()),
        _good(value=b'{"a": "\xc3"}'),
        _good(headers=(), key=None, value=None),
    ],
)
def test_a_line_gives_back_the_record_byte_for_byte_and_is_a_cloudevent(record: StoredRecord) -> None:
    line = write_line(record)
    assert b"\n" not in line
    assert read_line(line) == record._replace(headers=list(record.headers))
    event = json.loads(line)
    assert event["specversion"] == "1.0"
    assert all(event[name] for name in ("id", "source", "type"))
    assert all(name.isascii() and name.isalnum() and name.islower() for name in event.keys() - {"data_base64"})
    assert read_line(json.dumps(event).encode())._replace(value=None) == record._replace(
        value=None, headers=list(record.headers)
    )


def test_a_line_of_a_good_event_is_that_event_in_cloudevents_json() -> None:
    event = json.loads(write_line(_good()))
    coordinates = {name: event.pop(name) for name in list(event) if name.startswith("kafka")}
    assert event == GOOD.cloudevent()
    assert coordinates == {
        "kafkatopic": "t", "kafkapartition": 1, "kafkaoffset": "2", "kafkatime": "2023-11-14T22:13:20.000Z"
    }  # fmt: skip


async def test_a_recording_holds_every_record_and_its_manifest_says_so(stage: Stage, tmp_path: Path) -> None:
    await stage.tell()
    await stage.put((None, b"\xff", [("ce_type", None)]), (b"k", None, []))
    result = await stage.run("record", tmp_path / "r", *stage.on_topics, "--segment-records", 40)
    assert result.exit_code == 0, result.output
    recording = Recording(tmp_path / "r")
    recording.verify()
    records = [record for several in recording.records() for record in several]
    manifest = recording.manifest
    assert len(records) == manifest.records == len(story()) + 2
    assert len(manifest.segments) > 2
    assert manifest.complete
    for segment in manifest.segments:
        assert hashlib.sha256((tmp_path / "r" / segment.file).read_bytes()).hexdigest() == segment.sha256
    per_topic = {
        name: sum(offsets.records for offsets in topic.offsets.values()) for name, topic in manifest.topics.items()
    }
    assert sum(per_topic.values()) == manifest.records
    assert manifest.types[GOOD.event.type] == sum(example.event.type == GOOD.event.type for example in story())
    assert not _files(tmp_path / "r", "*.partial")
    kept = {
        topic[len(stage.prefix) :]: sorted(
            ((r.key, r.value, tuple(r.headers), r.timestamp, r.partition) for r in records if r.topic == topic),
            key=lambda sent: sent[4],
        )
        for topic in stage.topics
    }
    assert kept == await stage.read()
    times = [record.timestamp for record in records if record.headers and record.key]
    assert times == sorted(times)


async def test_zstdcat_and_jq_read_it(stage: Stage, tmp_path: Path) -> None:
    await stage.tell()
    await stage.put((None, b"\xff", []))
    await stage.run("record", tmp_path, *stage.on_topics)
    shell = f"zstdcat {tmp_path}/*.zst | jq -r .type | sort | uniq -c"
    run = subprocess.run(["bash", "-o", "pipefail", "-c", shell], capture_output=True, text=True, check=False)  # noqa: S603, S607, ASYNC221
    if "not found" in run.stderr:
        pytest.skip(run.stderr)
    counted = {name: int(count) for count, name in (line.split() for line in run.stdout.splitlines())}
    assert counted.pop(UNREADABLE) == 1
    assert sum(counted.values()) == len(story())


async def test_only_the_range_of_publishing_times_is_recorded(stage: Stage, tmp_path: Path) -> None:
    await stage.tell()
    times = sorted(int(example.envelope.time.timestamp() * 1000) + 7 for example in in_time())
    since, until = times[20], times[60]
    written = [from_milliseconds(each).isoformat() for each in (since, until)]
    result = await stage.run("record", tmp_path, *stage.on_topics, "--since", written[0], "--until", written[1])
    assert result.exit_code == 0, result.output
    [records] = [[r for several in Recording(tmp_path).records() for r in several]]
    assert min(record.timestamp for record in records) == since
    assert max(record.timestamp for record in records) <= until


async def test_the_same_command_again_records_only_what_is_new(stage: Stage, tmp_path: Path) -> None:
    await stage.tell(in_time()[:50])
    await stage.run("record", tmp_path, *stage.on_topics)
    again = await stage.run("record", tmp_path, *stage.on_topics)
    assert again.exit_code == 0, again.output
    assert Recording(tmp_path).manifest.records == 50
    await stage.tell(in_time()[50:])
    await stage.run("record", tmp_path, *stage.on_topics)
    assert Recording(tmp_path).manifest.records == len(story())
    valid = await stage.run("validate", tmp_path)
    assert valid.exit_code == 0, valid.output


@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)])
async def test_an_interrupted_recording_is_finished_by_the_same_command(
    stage: Stage, tmp_path: Path, end: signal.Signals, code: int
) -> None:
    """Slowed down by a reader that never gets to the end: the broker holds far more than fits into a second."""
    target = tmp_path / "r"
    await _many(stage, 60_000)
    process = await stage.start("record", target, *stage.on_topics, "--segment-records", 5_000)
    async with asyncio.timeout(DEADLINE):
        while not list(target.glob("000002.jsonl.zst")):
            await asyncio.sleep(0.005)
    process.send_signal(end)
    _, said = await asyncio.wait_for(process.communicate(), DEADLINE)
    assert process.returncode == code, said
    halfway = Recording(target)
    assert not halfway.manifest.complete
    assert 0 < halfway.manifest.records < 60_000
    halfway.verify()
    refused = await stage.run("replay", target)
    assert refused.exit_code == 2
    assert "interrupted" in refused.output
    again = await stage.run("record", target, *stage.on_topics)
    assert again.exit_code == 0, again.output
    whole = Recording(target)
    whole.verify()
    offsets = [(r.topic, r.partition, r.offset) for several in whole.records() for r in several]
    assert len(offsets) == len(set(offsets)) == 60_000
    assert whole.manifest.complete


async def _many(stage: Stage, count: int) -> None:
    headers, body, key = _headers(), GOOD.body(), str(GOOD.envelope.subject).encode()
    async with AIOKafkaProducer(bootstrap_servers=stage.brokers, max_batch_size=200_000) as producer:
        for partition in range(3):
            left = count // 3
            while left:
                batch = producer.create_batch()
                while left and batch.append(key=key, value=body, timestamp=None, headers=headers):
                    left -= 1
                batch.close()
                await (await producer.send_batch(batch, stage.topics[0], partition=partition))


async def test_two_cannot_record_into_one_directory(stage: Stage, tmp_path: Path) -> None:
    process = await stage.start("record", tmp_path / "r", *stage.on_topics, "--follow")
    try:
        async with asyncio.timeout(DEADLINE):
            while not (tmp_path / "r" / "manifest.json").exists():
                await asyncio.sleep(0.01)
        second = await stage.run("record", tmp_path / "r", *stage.on_topics)
        assert second.exit_code == 2
        assert "another motcua-events" in second.output
    finally:
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.communicate(), DEADLINE)
    assert Recording(tmp_path / "r").manifest.complete


async def test_a_recording_of_another_cluster_or_of_other_topics_is_not_gone_on_with(
    stage: Stage, tmp_path: Path
) -> None:
    await stage.tell(in_time()[:5])
    await stage.run("record", tmp_path, *stage.on_topics)
    other = await stage.run("record", tmp_path, "--topic", stage.topics[0])
    assert (other.exit_code, "other topics" in other.output) == (2, True)
    elsewhere = await stage.run("--cluster-id", "nowhere", "record", tmp_path, *stage.on_topics)
    assert (elsewhere.exit_code, "wrong cluster" in elsewhere.output) == (2, True)
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"cluster": "another"}))
    moved = await stage.run("record", tmp_path, *stage.on_topics)
    assert (moved.exit_code, "wrong cluster" in moved.output) == (2, True)


async def test_a_directory_with_something_else_in_it_is_left_alone(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    result = await stage.run("record", tmp_path, *stage.on_topics)
    assert (result.exit_code, "not empty" in result.output) == (2, True)
    assert [each.name for each in _files(tmp_path)] == ["letter.txt"]


async def test_a_topic_that_is_not_there_is_said_and_not_created(stage: Stage, tmp_path: Path) -> None:
    for _ in range(2):
        result = await stage.run("record", tmp_path / "r", "--topic", stage.prefix + "nothing")
        assert (result.exit_code, "has no topic" in result.output) == (2, True)
    assert not (tmp_path / "r").exists()


async def test_a_broker_that_is_not_there_is_said(tmp_path: Path) -> None:
    result = await Stage("127.0.0.1:9", "x").run("record", tmp_path / "r")
    assert (result.exit_code, "no Kafka lets us in at 127.0.0.1:9" in result.output) == (2, True)


def _files(directory: Path, pattern: str = "*") -> list[Path]:
    return sorted(directory.glob(pattern))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def _newer(path: Path) -> None:
    manifest = path.parent / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": 2}))


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (_cut, "cut or changed"),
        (_flip, "its hash is not the manifest's"),
        (Path.unlink, "cannot be read: No such file"),
        (_newer, "recording format 2"),
        (lambda path: (path.parent / "manifest.json").unlink(), "is no recording"),
        (lambda path: (path.parent / "manifest.json").write_text("{"), "is not JSON"),
        (lambda path: (path.parent / "manifest.json").write_text("[]"), "is not the manifest of a recording"),
        (
            lambda path: (path.parent / "manifest.json").write_text('{"format":"motcua-recording","version":1}'),
            "cluster",
        ),
    ],
)
async def test_a_damaged_recording_is_neither_replayed_nor_found_valid(
    stage: Stage, tmp_path: Path, damage: object, fault: str
) -> None:
    await stage.tell()
    await stage.run("record", tmp_path, *stage.on_topics, "--segment-records", 60)
    damage(_files(tmp_path, "*.zst")[0])  # type: ignore[operator]
    for command in ("replay", "validate"):
        result = await stage.run(command, tmp_path)
        assert result.exit_code, result.output
        assert fault in result.output
    assert sum(map(len, (await stage.read()).values())) == len(story())


async def test_a_cut_file_is_read_as_far_as_it_goes_and_the_place_is_said(stage: Stage, tmp_path: Path) -> None:
    await stage.tell()
    await stage.run("record", tmp_path, *stage.on_topics)
    [file] = _files(tmp_path, "*.zst")
    _cut(file)
    with pytest.raises(ToolError, match=r"000001\.jsonl\.zst:\d+: (ends here|cannot be read)"):
        list(Recording(tmp_path).records())
