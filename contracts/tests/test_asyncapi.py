"""The AsyncAPI document holds together: every reference leads somewhere, and it says what topics and models say."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker

from motcua_contracts import CATALOGUE
from motcua_contracts.tools.topics import load_topics

CONTRACTS = Path(__file__).parents[1]
DOCUMENT = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text("utf-8"))


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)


def _resolve(reference: str) -> Any:
    if not reference.startswith("#/"):
        return json.loads((CONTRACTS / reference).read_text("utf-8"))
    node = DOCUMENT
    for key in reference.removeprefix("#/").split("/"):
        node = node[key]
    return node


def test_every_reference_leads_somewhere() -> None:
    references = set(_references(DOCUMENT))
    assert len(references) > len(CATALOGUE)
    for reference in references:
        assert _resolve(reference)


def test_every_topic_is_a_channel_and_every_event_a_message_of_one() -> None:
    addresses = {channel["address"] for channel in DOCUMENT["channels"].values()}
    assert addresses == {topic.topic for topic in load_topics(CONTRACTS / "topics")}
    messages = [name for channel in DOCUMENT["channels"].values() for name in channel.get("messages", {})]
    assert sorted(messages) == sorted(CATALOGUE)


def test_a_service_sends_to_its_own_topics_and_receives_what_the_topic_files_say() -> None:
    operations = DOCUMENT["operations"]
    assert operations["payment.publishes"]["action"] == "send"
    received = {name for name, operation in operations.items() if operation["action"] == "receive"}
    expected = {
        f"{reader.name}.reads.{topic.owner}"
        for topic in load_topics(CONTRACTS / "topics")
        if topic.holds_events
        for reader in topic.readers
    }
    assert received == expected
    assert operations["payment.reads.identity"]["messages"] == [
        {"$ref": "#/channels/identity.events/messages/vn.motcua.identity.verified.v1"}
    ]


def test_a_service_sends_the_newest_versions_only_and_its_channel_holds_all() -> None:
    sent = {message["$ref"].rpartition("/")[2] for message in DOCUMENT["operations"]["payment.publishes"]["messages"]}
    held = set(DOCUMENT["channels"]["payment.events"]["messages"])
    assert held - sent == {"vn.motcua.payment.received-late.v1"}
    old = DOCUMENT["components"]["messages"]["vn.motcua.payment.received-late.v1"]
    assert "Superseded by vn.motcua.payment.received-late.v2" in old["description"]


def test_every_message_shows_headers_that_satisfy_its_own_schema() -> None:
    for name, message in DOCUMENT["components"]["messages"].items():
        envelope, constants = message["headers"]["allOf"]
        (example,) = message["examples"]
        for schema in (_resolve(envelope["$ref"]), constants):
            Draft202012Validator(schema, format_checker=FormatChecker()).validate(example["headers"])
        assert example["headers"]["ce_type"] == name
