"""`validate` finds every fault, says where it is, and needs no more memory for more events."""

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from contracts.tests.stage import Header, Stage, in_time
from motcua_contracts import write_headers
from motcua_contracts.tools.examples import story
from motcua_events.inspector import Inspector
from motcua_events.placement import partition_of
from motcua_events.records import StoredRecord
from motcua_events.sequences import Last, Sequences

FIRST = next(example for example in story() if partition_of(str(example.envelope.subject).encode(), 3) == 0)
KEY, BODY = str(FIRST.envelope.subject).encode(), FIRST.body()


def _headers(**changed: bytes | None) -> list[Header]:
    pairs: list[Header] = [*write_headers(FIRST.envelope._replace(source="/motcua/intake"))]
    return [(name, changed.get(name.replace("-", "_"), value)) for name, value in pairs]


def _v(name: str) -> bytes:
    return f"vn.motcua.{name}".encode()


FAULTY: dict[str, tuple[bytes | None, bytes | None, list[Header]]] = {
    "missing-header": (KEY, BODY, _headers()[:1]),
    "bad-header": (KEY, BODY, _headers(ce_time=b"yesterday")),
    "duplicate-header": (KEY, BODY, [*_headers(), ("ce_id", b"x")]),
    "unsupported-specversion": (KEY, BODY, _headers(ce_specversion=b"0.3")),
    "wrong-key": (str(uuid4()).encode(), BODY, _headers()),
    "wrong-attribute": (KEY, BODY, _headers(content_type=b"text/plain")),
    "wrong-source": (KEY, BODY, _headers(ce_source=b"/motcua/payment")),
    "unknown-type": (KEY, BODY, _headers(ce_type=_v("intake.application-eaten.v1"))),
    "unknown-version": (KEY, BODY, _headers(ce_type=_v("intake.application-submitted.v99"))),
    "no-body": (KEY, None, _headers()),
    "bad-json": (KEY, b"{", _headers()),
    "bad-schema": (KEY, b"{}", _headers()),
    "sequence-conflict": (KEY, BODY, _headers(ce_id=str(uuid4()).encode())),
    "sequence-gap": (KEY, BODY, _headers(ce_sequence=b"0000000009")),
}


async def _tell(stage: Stage) -> None:
    """A good first event, then one faulty record after the other, all on one partition of intake's topic."""
    await stage.put((KEY, BODY, _headers()), *FAULTY.values())


async def test_every_fault_of_a_topic_is_found_at_its_offset(stage: Stage) -> None:
    await _tell(stage)
    result = await stage.run("validate", *stage.on_topics, "--json")
    assert result.exit_code == 1, result.output
    found = [json.loads(line) for line in result.stdout.splitlines()]
    for offset, kind in enumerate(FAULTY, 1):
        assert {"where": f"{stage.topics[0]}/0/{offset}", "kind": kind}.items() <= next(
            each for each in found if each["kind"] == kind
        ).items()
    assert not [each for each in found if each["where"].endswith("/0/0")]
    assert "no faults" not in result.stderr
    assert "/s" in result.stderr


async def test_every_fault_of_a_recording_is_found_at_its_line(stage: Stage, tmp_path: Path) -> None:
    await _tell(stage)
    await stage.run("record", tmp_path, *stage.on_topics)
    result = await stage.run("validate", tmp_path)
    assert result.exit_code == 1
    for number, kind in enumerate(FAULTY, 2):
        at = f"000001.jsonl.zst:{number} ({stage.topics[0]}/0/{number - 1}): {kind}: "
        assert at in result.stdout


async def test_a_finding_quotes_no_body(stage: Stage) -> None:
    await stage.put((KEY, b'{"dossier": "Mai"}', _headers()), (KEY, b"Mai", _headers()))
    result = await stage.run("validate", *stage.on_topics)
    assert (result.exit_code, "Mai" in result.output) == (1, False)


async def test_the_story_is_valid(stage: Stage) -> None:
    await stage.tell()
    result = await stage.run("validate", *stage.on_topics)
    assert result.exit_code == 0, result.output
    assert f"validated {len(story())} in" in result.stderr
    assert "no faults" in result.stderr


async def test_a_repeat_is_permitted_unless_strictly_asked(stage: Stage) -> None:
    await stage.put((KEY, BODY, _headers()), (KEY, BODY, _headers()))
    assert (await stage.run("validate", *stage.on_topics)).exit_code == 0
    strict = await stage.run("validate", *stage.on_topics, "--strict")
    assert (strict.exit_code, "sequence-repeat" in strict.stdout) == (1, True)


async def test_a_lost_event_is_a_gap_and_a_misplaced_one_is_found(stage: Stage) -> None:
    subject = next(e for e in in_time() if partition_of(str(e.envelope.subject).encode(), 3) != 0).envelope.subject
    events = [e for e in in_time() if e.envelope.subject == subject and e.event.stream == "intake"]
    key = str(subject).encode()
    await stage.put(*[(key, e.body(), [*write_headers(e.envelope)]) for e in events if e.envelope.sequence != 2])
    result = await stage.run("validate", *stage.on_topics)
    assert result.exit_code == 1
    assert f"sequence-gap: sequence 3 of {subject} from /motcua/intake without 2" in result.stdout
    assert f"misplaced: its key belongs to partition {partition_of(key, 3)} of 3" in result.stdout


async def test_only_so_many_findings_are_said_and_all_are_counted(stage: Stage) -> None:
    await stage.put(*[(KEY, BODY, [])] * 30)
    result = await stage.run("validate", *stage.on_topics, "--most", 5)
    assert len(result.stdout.splitlines()) == 5
    assert "and 25 more" in result.stderr
    assert "30  missing-header" in result.stderr


def test_what_is_remembered_of_sequences_is_bounded_and_right() -> None:
    with Sequences(most_recent=100) as sequences:
        for number in range(5_000):
            sequences.put(b"%d" % (number % 1_000), Last(number, b"e"))
        assert len(sequences._recent) <= 100
        assert all(sequences.get(b"%d" % number) == Last(4_000 + number, b"e") for number in range(1_000))
        assert sequences.get(b"never") is None


@pytest.mark.parametrize("whole", [True, False])
def test_only_where_a_partition_is_read_from_its_beginning_must_the_first_number_be_one(whole: bool) -> None:  # noqa: FBT001
    topic = "motcua.intake.events"
    headers = tuple(_headers(ce_sequence=b"0000000003"))
    with Sequences() as sequences:
        inspector = Inspector({topic: 3}, {(topic, 0)} if whole else set(), sequences)
        found = inspector.inspect(StoredRecord(topic, 0, 0, 0, KEY, BODY, headers))
    assert [finding.kind for finding in found] == (["sequence-gap"] if whole else [])


def test_a_replay_beside_what_it_repeats_is_no_repeat() -> None:
    topics = {"motcua.intake.events": 3, "again.motcua.intake.events": 3}
    with Sequences() as sequences:
        inspector = Inspector(topics, set(), sequences)
        records = [StoredRecord(topic, 0, 0, 0, KEY, BODY, tuple(_headers())) for topic in topics]
        assert [inspector.inspect(record) for record in records] == [[], []]
    assert UUID(KEY.decode()) == FIRST.envelope.subject
