"""Asks a Kafka what a principal may do with which topics, without touching them: metadata with the rights in it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

from motcua_local.apache.rights import Operation

_KEY, _VERSION = 3, 8


class _Answer(Response):  # type: ignore[misc]  # aiokafka is untyped
    API_KEY, API_VERSION = _KEY, _VERSION
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", Array(("node", Int32), ("host", String("utf-8")), ("port", Int32), ("rack", String("utf-8")))),
        ("cluster_id", String("utf-8")),
        ("controller", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String("utf-8")),
                ("internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("in_sync", Array(Int32)),
                        ("offline", Array(Int32)),
                    ),
                ),
                ("rights", Int32),
            ),
        ),
        ("cluster_rights", Int32),
    )


class _Ask(RequestStruct):  # type: ignore[misc]
    API_KEY, API_VERSION, RESPONSE_TYPE = _KEY, _VERSION, _Answer
    SCHEMA = Schema(
        ("topics", Array(String("utf-8"))),
        ("may_create", Boolean),
        ("with_cluster_rights", Boolean),
        ("with_topic_rights", Boolean),
    )


class _AskRequest(Request[_Ask]):  # type: ignore[misc]
    API_KEY = _KEY

    def __init__(self, topics: list[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_Ask]) -> _Ask:
        return request_struct_class(self._topics, False, False, True)  # noqa: FBT003


class Standing(NamedTuple):
    """How a topic stands in the cluster, and what the asking principal may do with it."""

    error: int
    partitions: int
    copies: int
    in_sync: int
    """The fewest of any partition."""
    rights: frozenset[Operation]


async def ask(admin: AIOKafkaAdminClient, topics: list[str]) -> Mapping[str, Standing]:
    """How each of these topics stands; one that may not be seen counts as missing."""
    answer: Any = await admin._send_request(_AskRequest(topics))  # noqa: SLF001  # it asks an older version
    return {name: _standing(code, partitions, rights) for code, name, _, partitions, rights in answer.topics}


def _standing(code: int, partitions: list[Any], rights: int) -> Standing:
    copies = min((len(each[4]) for each in partitions), default=0)
    in_sync = min((len(each[5]) for each in partitions), default=0)
    allowed = frozenset(operation for operation in Operation if rights >> operation & 1)
    return Standing(code, len(partitions), copies, in_sync, allowed)
