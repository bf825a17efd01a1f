"""Sets up a cluster as its administrator: users with their passwords, and exactly the rights there are to be."""

import asyncio
import hashlib
import os
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import CompactArray, CompactBytes, CompactString, Int8, Int16, Int32, Schema, TaggedFields

from motcua_local.access import Access
from motcua_local.apache.rights import Right

_ITERATIONS = 4096
_SCRAM_SHA_512 = 2
_LITERAL, _ANYWHERE, _ALLOW = 3, "*", 3
_ANY = 1


class _Answer(Response):  # type: ignore[misc]  # aiokafka is untyped
    API_KEY, API_VERSION = 51, 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("user", CompactString("utf-8")),
                ("error_code", Int16),
                ("error_message", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _SetPasswords(RequestStruct):  # type: ignore[misc]
    """AlterUserScramCredentials, which aiokafka does not have."""

    FLEXIBLE_VERSION = True
    API_KEY, API_VERSION, RESPONSE_TYPE = 51, 0, _Answer
    SCHEMA = Schema(
        ("deletions", CompactArray(("name", CompactString("utf-8")), ("mechanism", Int8), ("tags", TaggedFields))),
        (
            "upsertions",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", CompactBytes),
                ("salted_password", CompactBytes),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _SetPasswordsRequest(Request[_SetPasswords]):  # type: ignore[misc]
    API_KEY = 51

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._passwords = passwords

    def build(self, request_struct_class: type[_SetPasswords]) -> _SetPasswords:
        return request_struct_class([], [_credential(*each) for each in self._passwords.items()], {})


async def grant(access: Access, passwords: Mapping[str, str], rights: Iterable[Right]) -> None:
    """Give these users these passwords and these rights; every other right is taken away."""
    admin = AIOKafkaAdminClient(**access.options, request_timeout_ms=10_000)
    await admin.start()
    try:
        answer = await _ask(admin, _SetPasswordsRequest(passwords))
        _check(answer.results, 1)
        await _ask(admin, DeleteAclsRequest(_ANY, None, _ANY, None, None, _ANY, _ANY))
        answers = await asyncio.gather(*(_ask(admin, _request(right)) for right in rights))
        for answer in answers:
            _check(answer.creation_responses, 0)
    finally:
        await admin.close()


async def _ask(admin: AIOKafkaAdminClient, request: Any) -> Any:
    return await admin._send_to_controller(request)  # noqa: SLF001  # it knows no users and no rights itself


def _request(right: Right) -> CreateAclsRequest:
    who = f"User:{right.principal}"
    return CreateAclsRequest(right.resource, right.name, _LITERAL, who, _ANYWHERE, right.operation, _ALLOW)


def _credential(name: str, password: str) -> tuple[Any, ...]:
    """Kafka is told the salted password, never the password."""
    salt = os.urandom(32)
    salted = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return name, _SCRAM_SHA_512, _ITERATIONS, salt, salted, {}


def _check(results: Iterable[tuple[Any, ...]], code_at: int) -> None:
    for result in results:
        if result[code_at]:
            raise RuntimeError(f"the cluster refuses a user or a right: {result}")
