"""The AsyncAPI 3.0 document: topics as channels, event versions as messages, services as senders and receivers.

Payload schemas are referred to, not repeated. A service sends the newest versions; its channel holds all of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from motcua_contracts import CATALOGUE, Event
from motcua_contracts.envelope import CONTENT_TYPE, SCHEMA_ROOT, SEQUENCE_DIGITS, SPEC_VERSION
from motcua_contracts.tools.topics import Reader, TopicSpec

_BINDING = "0.5.0"


Examples = Mapping[str, Sequence[Mapping[str, Any]]]
"""CloudEvents JSON by type."""


def document(topics: Sequence[TopicSpec], version: str, examples: Examples) -> dict[str, Any]:
    """The whole document; `version` is that of the contracts package."""
    return {
        "asyncapi": "3.0.0",
        "info": _info(version),
        "defaultContentType": CONTENT_TYPE,
        "channels": {_channel_id(topic): _channel(topic) for topic in topics},
        "operations": {name: operation for topic in topics for name, operation in _operations(topic)},
        "components": {
            "messages": {name: _message(event, examples[name]) for name, event in sorted(CATALOGUE.items())},
            "schemas": {"envelope": _envelope()},
        },
    }


def _info(version: str) -> dict[str, Any]:
    return {
        "title": "Motcua events",
        "version": version,
        "description": (
            "What happens to a citizen's application for a public service. CloudEvents 1.0 in Kafka binary mode; "
            "no event holds personal data. A published version stays readable forever."
        ),
    }


def _channel_id(topic: TopicSpec) -> str:
    return topic.topic.removeprefix("motcua.")


def _channel(topic: TopicSpec) -> dict[str, Any]:
    messages = {e.type: {"$ref": f"#/components/messages/{e.type}"} for e in _events(topic)}
    return {
        "address": topic.topic,
        "description": f"{topic.why}\n\nKey: {topic.key}",
        **({"messages": messages} if messages else {}),
        "bindings": {"kafka": _kafka(topic)},
    }


def _kafka(topic: TopicSpec) -> dict[str, Any]:
    return {
        "topic": topic.topic,
        "partitions": topic.partitions,
        "replicas": topic.production.replication,
        "topicConfiguration": {
            "cleanup.policy": [topic.config.cleanup_policy],
            "retention.ms": topic.config.retention_ms,
            "max.message.bytes": topic.config.max_message_bytes,
        },
        "bindingVersion": _BINDING,
    }


def _operations(topic: TopicSpec) -> list[tuple[str, dict[str, Any]]]:
    channel = _channel_id(topic)
    if not topic.holds_events:
        send = {"action": "send", "channel": {"$ref": f"#/channels/{channel}"}, "summary": "Announces parked records."}
        return [(f"{topic.owner}.parks", send)]
    sends = ("send", f"{topic.owner} publishes its events.", [e.type for e in _events(topic) if e.successor is None])
    receives = [(f"{reader.name}.reads.{topic.owner}", _receive(topic, reader)) for reader in topic.readers]
    return [(f"{topic.owner}.publishes", _operation(channel, *sends)), *receives]


def _receive(topic: TopicSpec, reader: Reader) -> dict[str, Any]:
    types = [event.type for event in _events(topic) if reader.takes(event)]
    return _operation(_channel_id(topic), "receive", reader.why, types)


def _operation(channel: str, action: str, summary: str, types: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in types],
    }


def _message(event: type[Event], examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    newer = event.successor
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip(),
        **({"description": f"Superseded by {newer.type}: still to be read, no longer published."} if newer else {}),
        "contentType": CONTENT_TYPE,
        "headers": {
            "allOf": [
                {"$ref": "#/components/schemas/envelope"},
                {
                    "type": "object",
                    "properties": {
                        "ce_type": {"const": event.type},
                        "ce_source": {"const": event.stream.source},
                        "ce_dataschema": {"const": SCHEMA_ROOT + event.type},
                    },
                },
            ]
        },
        "payload": {"$ref": f"./schemas/{event.type}.json"},
        "bindings": {"kafka": {"key": {"type": "string", "format": "uuid"}, "bindingVersion": _BINDING}},
        "examples": [_example(event, example) for example in examples[:1]],
    }


def _example(event: type[Event], example: Mapping[str, Any]) -> dict[str, Any]:
    attributes = dict(example)
    data, content_type = attributes.pop("data"), attributes.pop("datacontenttype")
    trace = {"traceparent": attributes.pop("traceparent")}
    headers = {f"ce_{name}": value for name, value in attributes.items()} | trace | {"content-type": content_type}
    return {"name": event.__name__, "headers": headers, "payload": data}


def _envelope() -> dict[str, Any]:
    uuid = {"type": "string", "format": "uuid"}
    properties = {
        "ce_specversion": {"const": SPEC_VERSION},
        "ce_id": uuid | {"description": "UUIDv7, unique per event; the same event published twice keeps it."},
        "ce_source": {"type": "string", "description": "The service that owns the event, e.g. /motcua/payment."},
        "ce_type": {"type": "string", "description": "vn.motcua.<service>.<event>.v<version>"},
        "ce_time": {"type": "string", "format": "date-time", "description": "When it happened, with offset."},
        "ce_subject": uuid | {"description": "The application; equals the Kafka key."},
        "ce_dataschema": {"type": "string", "description": f"{SCHEMA_ROOT}<ce_type>"},
        "ce_causationid": uuid | {"description": "The message that led to this event: an event, command or answer."},
        "ce_correlationid": uuid | {"description": "The first message of the application's story."},
        "ce_sequence": {
            "type": "string",
            "pattern": f"^[0-9]{{{SEQUENCE_DIGITS}}}$",
            "description": "1, 2, 3 ... per application and source, zero-padded.",
        },
        "ce_partitionkey": uuid | {"description": "Equals ce_subject."},
        "traceparent": {"type": "string", "description": "W3C trace context; absent where there is no trace."},
        "content-type": {"const": CONTENT_TYPE},
    }
    required = [name for name in properties if name != "traceparent"]
    return {"type": "object", "description": "CloudEvents attributes.", "properties": properties, "required": required}


def _events(topic: TopicSpec) -> list[type[Event]]:
    """In the order in which they were declared, which is the order in which they happen."""
    return [event for event in CATALOGUE.values() if event.stream is topic.owner] if topic.holds_events else []
