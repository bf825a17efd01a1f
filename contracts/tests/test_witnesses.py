"""Others read what we write: the official CloudEvents SDKs, and validators that are not pydantic, in two languages.

They judge every example and a thousand generated records of each event version.
"""

import json
import shutil
import subprocess
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from jsonschema import Draft202012Validator, FormatChecker

from contracts.tests.generation import Made, records
from motcua_contracts import CATALOGUE, Stream, upcast
from tests.support.javascript import installed

CONTRACTS = Path(__file__).parents[1]
JAVASCRIPT = Path(__file__).parent / "js"
OF_EACH = 1_000
SCHEMAS = {name: json.loads((CONTRACTS / f"schemas/{name}.json").read_text("utf-8")) for name in CATALOGUE}
PLAIN = ("id", "source", "type", "specversion", "subject", "dataschema")
EXTENSIONS = ("causationid", "correlationid", "sequence", "partitionkey")


def _examples() -> list[Made]:
    """The committed examples as the bytes that Kafka holds."""
    made = []
    for name in CATALOGUE:
        for example in json.loads((CONTRACTS / f"examples/{name}.json").read_text("utf-8")):
            body = _compact(example.pop("data"))
            headers = {"content-type": example.pop("datacontenttype"), "traceparent": example.pop("traceparent")}
            headers |= {f"ce_{attribute}": value for attribute, value in example.items()}
            encoded = [(header, value.encode()) for header, value in headers.items()]
            made.append(Made(name, example["subject"].encode(), encoded, body))
    return made


def _compact(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.fixture(scope="module")
def made() -> list[Made]:
    """Examples first, then what is generated."""
    return [*_examples(), *records(OF_EACH)]


def test_there_are_a_thousand_of_each_and_they_differ(made: list[Made]) -> None:
    counts = Counter(record.type for record in made)
    assert set(counts) == set(CATALOGUE)
    assert min(counts.values()) > OF_EACH
    for name in CATALOGUE:  # a change of status has but 15 x 15 bodies
        assert len({record.value for record in made if record.type == name}) > 200, name


def test_the_same_seed_makes_the_same_records() -> None:
    assert list(records(3)) == list(records(3))
    assert list(records(3)) != list(records(3, seed=1))


@pytest.mark.timeout(300)
def test_the_python_sdk_reads_every_header_and_every_byte(made: list[Made]) -> None:
    json_format = JSONFormat()
    for record in made:
        headers = dict(record.headers)
        read = from_binary(KafkaMessage(headers=headers, key=record.key, value=record.value), json_format)
        attributes = read.get_attributes()
        assert [attributes[name] for name in PLAIN] == [headers[f"ce_{name}"].decode() for name in PLAIN]
        assert [read.get_extension(n) for n in EXTENSIONS] == [headers[f"ce_{n}"].decode() for n in EXTENSIONS]
        assert read.get_time() == datetime.fromisoformat(headers["ce_time"].decode())
        assert read.get_datacontenttype() == headers["content-type"].decode()
        assert read.get_extension("partitionkey") == record.key.decode()
        assert _compact(read.get_data()) == record.value


def test_a_validator_in_rust_accepts_every_record(made: list[Made]) -> None:
    validators = {name: jsonschema_rs.Draft202012Validator(s, validate_formats=True) for name, s in SCHEMAS.items()}
    for record in made:
        validators[record.type].validate(json.loads(record.value))


def test_a_validator_in_python_accepts_every_example_and_a_tenth_of_what_is_generated(made: list[Made]) -> None:
    """It takes twenty times as long as the one in Rust, and says the same."""
    checker = FormatChecker()
    validators = {name: Draft202012Validator(schema, format_checker=checker) for name, schema in SCHEMAS.items()}
    examples = len(made) - OF_EACH * len(CATALOGUE)
    for record in [*made[:examples], *made[examples::10]]:
        validators[record.type].validate(json.loads(record.value))


def test_whatever_an_old_version_could_say_the_newest_can(made: list[Made]) -> None:
    old = [record for record in made if CATALOGUE[record.type].successor is not None]
    assert len(old) > OF_EACH
    for record in old:
        newest = upcast(CATALOGUE[record.type].model_validate_json(record.value))
        said = newest.model_dump(mode="json", exclude_none=True)
        jsonschema_rs.validate(SCHEMAS[newest.type], said)
        assert type(newest).model_validate(said) == newest


@pytest.fixture(scope="module")
def witness(request: pytest.FixtureRequest) -> Path:
    """Where the JavaScript packages are installed."""
    return installed(request.config, JAVASCRIPT, "motcua-witness")


def _testify(witness: Path, contracts: Path, made: list[Made]) -> Any:
    lines = (
        json.dumps(
            {
                "key": record.key.decode(),
                "headers": {name: value.decode() for name, value in record.headers},
                "value": record.value.decode(),
            }
        )
        for record in made
    )
    run = subprocess.run(  # noqa: S603
        ["node", "witness.mjs", str(contracts)],  # noqa: S607
        cwd=witness,
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


@pytest.mark.timeout(600)
def test_javascript_reads_and_validates_every_record_and_asyncapi_document(witness: Path, made: list[Made]) -> None:
    said = _testify(witness, CONTRACTS, made)
    assert said["faults"] == []
    assert said["good"] == Counter(record.type for record in made)
    assert said["asyncapi"]["messages"] == len(CATALOGUE)
    assert set(said["services"]) == set(Stream)
    for asyncapi in (said["asyncapi"], *said["services"].values()):
        assert asyncapi["valid"]
        # 3.0 is what tools read today; that there is a 3.1 is the only thing it may remark.
        assert {found["code"] for found in asyncapi["diagnostics"]} <= {"asyncapi-latest-version"}


@pytest.mark.timeout(300)
def test_the_javascript_witness_tells_what_is_wrong(witness: Path, tmp_path: Path, made: list[Made]) -> None:
    contracts = tmp_path / "contracts"
    shutil.copytree(CONTRACTS / "schemas", contracts / "schemas")
    document = (CONTRACTS / "asyncapi.yaml").read_text("utf-8")
    (contracts / "asyncapi.yaml").write_text(document.replace("action: send", "action: shout", 1), "utf-8")
    good = made[0]
    spaced = good._replace(value=good.value.replace(b",", b", ", 1))
    wordy = good._replace(value=good.value.replace(b'"H', b'"Nguy\xe1\xbb\x85n H', 1))
    nameless = good._replace(headers=[pair for pair in good.headers if pair[0] != "ce_source"])
    said = _testify(witness, contracts, [good, spaced, wordy, nameless])
    assert said["good"] == {good.type: 1}
    assert said["faults"][0]["found"] == ["data"]
    assert "must match pattern" in said["faults"][1]["found"][0]
    assert len(said["faults"]) == 3
    assert not said["asyncapi"]["valid"]
