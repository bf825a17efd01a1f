"""Each service's AsyncAPI document says what the service itself says: FastStream's view of it, and what it decodes."""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from faststream.specification import AsyncAPI

from motcua_chassis.codec import Reader
from motcua_chassis.consumer import Consumer
from motcua_chassis.service import Service
from motcua_contracts import CATALOGUE, Stream
from motcua_local.access import Access
from motcua_local.wiring import Places
from motcua_local.wiring import service as wired

CONTRACTS = Path(__file__).parents[1]
WHOLE = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text("utf-8"))
EVERY_SERVICE = pytest.mark.parametrize("stream", list(Stream))


def _document(stream: Stream) -> Any:
    return yaml.safe_load((CONTRACTS / f"asyncapi/{stream}.yaml").read_text("utf-8"))


def _found(document: Any, action: str) -> dict[str, set[str]]:
    """Types by topic that are sent or received."""
    return {
        document["channels"][_last(operation["channel"])]["address"]: {
            _last(message) for message in operation.get("messages", [])
        }
        for operation in document["operations"].values()
        if operation["action"] == action
    }


def _last(reference: dict[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Stream], tuple[Any, Service[Any]]]:
    """The settings and the wiring of a service as the local stack starts it."""

    def wire(stream: Stream) -> tuple[Any, Service[Any]]:
        places = Places(lambda name: f"postgresql://127.0.0.1/{name}", lambda _: Access("127.0.0.1:9"), tmp_path)
        for name, value in wired(stream.value, places, {}).environment.items():
            monkeypatch.setenv(name, value)
        settings = import_module(f"motcua_{stream}.settings").Settings()
        return settings, import_module(f"motcua_{stream}.__main__").service(settings)

    return wire


@EVERY_SERVICE
async def test_faststream_and_our_document_name_the_same_topics_and_every_type_that_is_decoded(
    stream: Stream, running: Callable[[Stream], tuple[Any, Service[Any]]]
) -> None:
    settings, service = running(stream)
    reader = Reader(service.reads)
    consumer = Consumer(
        settings, f"motcua.{stream}", reader.topics, None, None, pool=None, find_cluster=None  # type: ignore[arg-type]
    )  # fmt: skip
    theirs = json.loads(AsyncAPI(consumer._broker, schema_version="3.0.0").to_specification().to_json())
    ours = _document(stream)

    received = _found(ours, "receive")
    assert set(_found(theirs, "receive")) == set(received)
    assert {each["bindings"]["kafka"]["topic"] for each in theirs["channels"].values()} == set(received)
    assert _found(theirs, "send") == {}  # what is sent goes through the outbox, where FastStream does not see it
    assert set().union(*received.values()) == set(reader._models)
    assert _found(ours, "send") == {
        stream.topic: {e.type for e in CATALOGUE.values() if e.stream is stream and e.successor is None},
        f"motcua.{stream}.dead-letters": set(),
    }


def test_the_documents_of_the_services_together_are_the_whole_one() -> None:
    documents = [_document(stream) for stream in Stream]
    operations = {name: each for document in documents for name, each in document["operations"].items()}
    integrators = {name for name in WHOLE["operations"] if name.startswith(("integrator.", "operators."))}
    assert operations == {name: each for name, each in WHOLE["operations"].items() if name not in integrators}
    for document in documents:
        assert all(WHOLE["channels"][name] == channel for name, channel in document["channels"].items())


@EVERY_SERVICE
def test_every_reference_of_a_service_s_document_leads_somewhere(stream: Stream) -> None:
    document = _document(stream)
    references = [reference for reference in _references(document) if reference.startswith("#/")]
    assert len(references) > 10
    for reference in references:
        node = document
        for key in reference.removeprefix("#/").split("/"):
            node = node[key]
    payloads = [message["payload"]["$ref"] for message in document["components"]["messages"].values()]
    assert all((CONTRACTS / "asyncapi" / payload).is_file() for payload in payloads)


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for inner in node.values() for found in _references(inner)]
    return [found for inner in node for found in _references(inner)] if isinstance(node, list) else []
