"""What of the whole AsyncAPI document concerns one service: what it sends and receives, and the channels it does it on.

Invariant: nothing is said here that the whole document does not say; a channel holds all its messages here too.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from motcua_contracts import Stream

FOLDER = "asyncapi"


def excerpt(whole: Mapping[str, Any], service: Stream) -> dict[str, Any]:
    """The document of one service, which lies in a folder beside the schemas."""
    operations = {name: each for name, each in whole["operations"].items() if name.partition(".")[0] == service}
    touched = {_last(each["channel"]) for each in operations.values()}
    channels = {name: channel for name, channel in whole["channels"].items() if name in touched}
    types = {_last(message) for channel in channels.values() for message in channel.get("messages", {}).values()}
    components = whole["components"]
    return {
        **whole,
        "info": whole["info"] | {"title": f"Motcua events: {service}", "description": "\n".join(_summary(operations))},
        "channels": channels,
        "operations": operations,
        "components": components
        | {"messages": {name: _moved(each) for name, each in components["messages"].items() if name in types}},
    }


def _summary(operations: Mapping[str, Any]) -> Iterator[str]:
    for operation in operations.values():
        yield f"- {operation['action']}s on {_last(operation['channel'])}: {operation['summary']}"


def _last(reference: Mapping[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


def _moved(message: Mapping[str, Any]) -> dict[str, Any]:
    """Its schema is one folder further away."""
    return {**message, "payload": {"$ref": f".{message['payload']['$ref']}"}}
