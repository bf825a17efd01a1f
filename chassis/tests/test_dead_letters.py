import random
from base64 import b64decode
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from aiokafka import ConsumerRecord

from chassis.tests.toy import RAISES, envelope, record, settled, submitted
from chassis.tests.toy_path import ToyPath
from motcua_chassis import dead_letters
from motcua_chassis.announcement import LARGEST_BODY
from motcua_chassis.codec import unpack_headers
from motcua_contracts import ApplicationSubmitted, PaymentSettled, read_headers

MakePath = Callable[..., ToyPath]
OPERATOR = "operator-1"


async def states(path: ToyPath) -> list[str]:
    return [letter["state"] for letter in await path.dead()]


async def test_a_parked_record_is_kept_byte_for_byte(path: ToyPath) -> None:
    strange: Any = [("ce_id", None), ("x", b"\x00\xff"), ("\udcff", b""), ("x", b"twice")]
    await path.deliver(record(offset=5, partition=3, key=b"\xff\x00", headers=strange, value=b"\x00\xfe"))

    [row] = await path.dead("parked")
    async with path.pool.acquire() as connection:
        letter = await dead_letters.find(connection, row["id"])

    assert letter is not None
    kept = letter.record
    assert (letter.cluster, kept.topic, kept.partition, kept.offset) == ("a-cluster", "motcua.intake.events", 3, 5)
    assert (kept.key, kept.value) == (b"\xff\x00", b"\x00\xfe")
    assert kept.headers == [("ce_id", None), ("x", b"\x00\xff"), ("?", b""), ("x", b"twice")]
    assert (letter.application, row["reason"]) == (None, "missing-header")


async def test_only_the_same_application_from_the_same_source_waits(make_path: MakePath) -> None:
    path, application = make_path(reads=[ApplicationSubmitted, PaymentSettled]), uuid4()
    stamp = envelope(application, 1, PaymentSettled)._replace(source="/motcua/payment")
    paid = record(application, 0, event=settled("BL26H29-0000001"), stamp=stamp)
    paid.topic = "motcua.payment.events"

    await path.deliver(record(application, 0, event=submitted(RAISES)), paid, record(application, 1), record(offset=2))

    assert [(letter["state"], letter["source"]) for letter in await path.dead()] == [
        ("parked", "/motcua/intake"),
        ("held", "/motcua/intake"),
    ]


async def test_a_record_with_unreadable_headers_still_holds_those_behind_it(path: ToyPath) -> None:
    application = uuid4()

    await path.deliver(record(application, 0, headers=[]), record(application, 1))
    await path.deliver(record(application, 2))

    assert await states(path) == ["parked", "held", "held"]


def hostile(offset: int) -> list[ConsumerRecord]:
    """Records that no table was made for."""
    application, random_ = uuid4(), random.Random(3)
    noise = "".join(chr(random_.randrange(33, 127)) for _ in range(9_000))
    stamp = envelope(application)
    submission = f"{ApplicationSubmitted.type.removesuffix('1')}{random_.randrange(10**1000)}"
    return [
        record(application, offset, stamp=stamp._replace(source=noise)),
        record(application, offset + 1, stamp=stamp._replace(type=submission, source=noise)),
        record(application, offset + 2, stamp=stamp._replace(type=submission, traceparent=noise)),
        record(application, offset + 3, headers=[("\0", b"\0" * 100_000), ("", None), (noise, b"")]),
        record(offset=offset + 4, key=b"\0" * 100_000, value=b"\0"),
        record(offset=offset + 5, value=b'{"dossier": "\\u0000"}'),
    ]


async def test_a_hostile_record_is_parked_like_any_other(path: ToyPath) -> None:
    for n, each in enumerate(hostile(0)):
        await path.deliver(each)
        assert len(await path.dead()) == n + 1

    await path.deliver(*hostile(10), record(offset=20))
    assert len(await path.dead()) == 2 * len(hostile(0))
    assert len(await path.published()) == 1


async def test_a_record_of_no_known_application_holds_nobody(path: ToyPath) -> None:
    await path.deliver(record(offset=0, key=b"?", headers=[]), record(offset=1, key=b"?", headers=[]), record(offset=2))

    assert await states(path) == ["parked", "parked"]
    assert len(await path.published()) == 1


@pytest.mark.parametrize(("size", "told"), [(LARGEST_BODY, True), (LARGEST_BODY + 1, False)])
async def test_a_parked_record_is_announced_with_its_body_up_to_256_kib(path: ToyPath, size: int, told: bool) -> None:  # noqa: FBT001
    application, body = uuid4(), b"x" * size

    await path.deliver(record(application, 6, value=body))

    [row] = await path.pool.fetch("SELECT topic, key, headers, body FROM outbox")
    stamp, announced = read_headers(unpack_headers(row["headers"])), msgspec.json.decode(row["body"])
    assert (row["topic"], row["key"], stamp.subject) == ("motcua.identity.dead-letters", application, application)
    assert (stamp.type, stamp.source) == ("vn.motcua.identity.dead-letter-parked.v1", "/motcua/identity")
    assert (announced["reason"], announced["offset"], announced["application"]) == ("bad-json", 6, str(application))
    assert announced["id"] == (await path.dead())[0]["id"]
    assert (b64decode(announced["body_base64"]) == body) if told else ("body_base64" not in announced)
