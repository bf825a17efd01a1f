"""The examples are true: an independent validator, the models and the rules of the envelope all agree."""

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from motcua_contracts import CATALOGUE, Event
from motcua_contracts.tools.examples import story
from motcua_contracts.tools.topics import load_topics

CONTRACTS = Path(__file__).parents[1]
TYPES = pytest.mark.parametrize("event", CATALOGUE.values(), ids=str)


def _read(folder: str, event: type[Event]) -> Any:
    return json.loads((CONTRACTS / folder / f"{event.type}.json").read_text("utf-8"))


@TYPES
def test_an_event_has_a_schema_an_example_and_a_topic(event: type[Event]) -> None:
    assert _read("schemas", event)["$id"] == f"urn:motcua:schema:{event.type}"
    assert _read("examples", event)
    assert event.stream.topic in {topic.topic for topic in load_topics(CONTRACTS / "topics")}


@TYPES
def test_examples_satisfy_an_independent_validator_and_their_model(event: type[Event]) -> None:
    schema = _read("schemas", event)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    for example in _read("examples", event):
        validator.validate(example["data"])
        read = event.model_validate_json(json.dumps(example["data"]))
        assert read.model_dump(mode="json", exclude_none=True) == example["data"]


@TYPES
def test_the_independent_validator_refuses_words_where_a_code_belongs(event: type[Event]) -> None:
    validator = Draft202012Validator(_read("schemas", event))
    data = _read("examples", event)[0]["data"]
    for name in data:
        assert not validator.is_valid(data | {name: "Nguyễn Văn An"}) or name in _known_by_format_alone(event)


def _known_by_format_alone(event: type[Event]) -> set[str]:
    fields = _read("schemas", event)["properties"].items()
    return {name for name, field in fields if any("format" in arm for arm in field.get("anyOf", [field]))}


@TYPES
def test_every_example_is_a_whole_cloudevent(event: type[Event]) -> None:
    for example in _read("examples", event):
        assert example["specversion"] == "1.0"
        assert example["type"] == event.type
        assert example["source"] == event.stream.source
        assert example["subject"] == example["partitionkey"]
        assert example["datacontenttype"] == "application/json"


def test_sequences_run_without_gap_and_time_never_goes_back() -> None:
    def stream(example: Any) -> tuple[str, str]:
        return str(example.envelope.subject), example.envelope.source

    for _, examples in groupby(sorted(story(), key=stream), key=stream):
        envelopes = [example.envelope for example in examples]
        assert [envelope.sequence for envelope in envelopes] == list(range(1, len(envelopes) + 1))
        assert [envelope.time for envelope in envelopes] == sorted(envelope.time for envelope in envelopes)


def test_ids_are_unique_uuidv7_of_their_time() -> None:
    envelopes = [example.envelope for example in story()]
    assert len({envelope.id for envelope in envelopes}) == len(envelopes)
    for envelope in envelopes:
        assert envelope.id.version == 7
        assert envelope.id.int >> 80 == int(envelope.time.timestamp() * 1000)


def test_a_cause_that_is_an_event_is_of_the_same_application_and_came_before() -> None:
    by_id = {example.envelope.id: example.envelope for example in story()}
    caused = [(envelope, by_id[envelope.causation_id]) for envelope in by_id.values() if envelope.causation_id in by_id]
    assert caused
    for effect, cause in caused:
        assert effect.subject == cause.subject
        assert effect.time >= cause.time
        assert effect.correlation_id == cause.correlation_id
