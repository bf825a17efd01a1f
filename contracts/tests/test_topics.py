"""Topic files are loaded whole or refused with file, field and fault."""

import shutil
from pathlib import Path

import pytest

from motcua_contracts import CATALOGUE, Stream
from motcua_contracts.tools.topics import TopicError, load_topics

TOPICS = Path(__file__).parents[1] / "topics"


@pytest.fixture
def topics(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TOPICS, tmp_path / "topics"))


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_every_service_has_a_topic_of_events_and_one_of_dead_letters() -> None:
    expected = {f"motcua.{stream}.{kind}" for stream in Stream for kind in ("events", "dead-letters")}
    assert {topic.topic for topic in load_topics(TOPICS)} == expected


def test_events_are_kept_forever_on_partitions_fixed_for_life() -> None:
    for topic in load_topics(TOPICS):
        if topic.holds_events:
            assert topic.partitions == 12
            assert topic.settings == {
                "retention.ms": "-1",
                "cleanup.policy": "delete",
                "max.message.bytes": "262144",
            }


def test_dead_letters_are_announced_for_thirty_days() -> None:
    letters = [topic for topic in load_topics(TOPICS) if not topic.holds_events]
    assert {(topic.partitions, topic.settings["retention.ms"]) for topic in letters} == {
        (3, str(30 * 24 * 3600 * 1000))
    }


def test_production_survives_the_loss_of_one_broker() -> None:
    for topic in load_topics(TOPICS):
        assert (topic.production.replication, topic.production.min_insync_replicas) == (3, 2)


def test_who_reads_whom() -> None:
    readers = {t.owner: {reader.name for reader in t.readers} for t in load_topics(TOPICS) if t.holds_events}
    assert readers == {
        Stream.INTAKE: {Stream.IDENTITY, Stream.PAYMENT, Stream.NOTIFICATION},
        Stream.IDENTITY: {Stream.INTAKE, Stream.PAYMENT, Stream.NOTIFICATION},
        Stream.PAYMENT: {Stream.INTAKE, Stream.NOTIFICATION},
        Stream.NOTIFICATION: set(),
    }


def test_every_named_event_exists() -> None:
    known = {(event.stream, event.name) for event in CATALOGUE.values()}
    for topic in load_topics(TOPICS):
        for reader in topic.readers:
            assert {(topic.owner, name) for name in reader.reads} <= known


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("owner: payment", "owner: billing", "payment.events.yaml: owner: Input should be"),
        ("owner: payment", "owner: intake", "topic of intake must be motcua.intake.events"),
        ("partitions: 12", "partitions: none", "partitions: Input should be a valid integer"),
        ("partitions: 12\n", "", "partitions: Field required"),
        ("retention.ms: -1", "retention.days: 7", "config.retention.days: Extra inputs are not permitted"),
        ("cleanup.policy: delete", "cleanup.policy: compact", "config.cleanup.policy: Input should be 'delete'"),
        ("replication: 3", "replication: 1", "min.insync.replicas exceeds replication"),
        ("[requested, waived", "[requested, forgiven", "intake reads forgiven: payment has no such event"),
        ("[requested, waived", "[requested.v9, waived", "intake reads requested.v9: payment has no such event"),
        ("name: intake", "name: tax-office", "readers.0.name"),
        ("name: intake", "name: payment", "payment cannot be a reader of its own topic"),
        (
            "topic: motcua.payment.events",
            "topic: motcua.payment.dead-letters",
            "belongs into payment.dead-letters.yaml",
        ),
        ("owner: payment", "owner: [payment", "not YAML"),
    ],
)
def test_a_faulty_file_is_refused_with_its_fault(topics: Path, old: str, new: str, fault: str) -> None:
    _edit(topics / "payment.events.yaml", old, new)
    with pytest.raises(TopicError) as refused:
        load_topics(topics)
    assert fault in str(refused.value)
    assert "payment.events.yaml" in str(refused.value)


def test_an_integrator_is_registered_with_the_versions_it_reads(topics: Path) -> None:
    entry = (
        "readers:\n  - name: integrator.treasury\n    reads: [received-late.v1]\n    why: To book what is returned.\n"
    )
    _edit(topics / "payment.events.yaml", "readers:\n", entry)
    [payment] = [topic for topic in load_topics(topics) if topic.topic == "motcua.payment.events"]
    reader = payment.readers[0]
    assert [e.type for e in CATALOGUE.values() if reader.takes(e)] == ["vn.motcua.payment.received-late.v1"]


def test_faults_of_several_files_come_at_once(topics: Path) -> None:
    _edit(topics / "payment.events.yaml", "partitions: 12", "partitions: 0")
    _edit(topics / "intake.dead-letters.yaml", "owner: intake", "owner: nobody")
    with pytest.raises(TopicError) as refused:
        load_topics(topics)
    assert "payment.events.yaml: partitions" in str(refused.value)
    assert "intake.dead-letters.yaml: owner" in str(refused.value)


def test_an_empty_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TopicError, match=r"holds no \*\.yaml"):
        load_topics(tmp_path)
