"""Records that cannot be used, each with the reason for which it must be parked, said apart from the code that reads.

Invariant: a maker changes a whole record of the examples so that it is bad for exactly one reason, whatever Hypothesis
gave it to put in.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import motcua_contracts
from motcua_contracts.tools.topics import load_topics
from motcua_local.topics import TOPICS
from tests.failures.drill.morsels import Morsels

CANARY = "CANARY7Q"
"""Stands in every body and header that is made up: no log line may hold it."""
_EXAMPLES = Path(motcua_contracts.__file__).parents[1] / "examples"
_SCHEMAS = Path(motcua_contracts.__file__).parents[1] / "schemas"
_REQUIRED = (
    "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_causationid", "ce_correlationid",
    "ce_sequence",
)  # fmt: skip
_NAMES = (*_REQUIRED, "ce_dataschema", "ce_partitionkey", "traceparent", "content-type")
EVERYBODY, NOBODY = "everybody", "nobody"


@dataclass(frozen=True)
class Bad:
    """One record. `type` is the event type whose readers meet it, or `EVERYBODY` who reads the topic, or `NOBODY`."""

    topic: str
    type: str
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    body: bytes | None
    reason: str = ""


Maker = Callable[[Random, Bad, Morsels], Bad]


def poison(count: int, number: int, morsels: Morsels) -> Iterator[Bad]:
    """So many bad records, of every kind in turn."""
    random, examples = Random(number), _examples()
    for at in range(count):
        make = _RARE[at // 1_000 % len(_RARE)] if at % 1_000 == 0 else MAKERS[at % len(MAKERS)]
        yield make(random, _whole(random, random.choice(examples)), morsels)


@cache
def readers(topic: str, type_: str) -> frozenset[str]:
    """The services that meet a record of this type on this topic, as `contracts/topics` says."""
    if type_ == NOBODY:
        return frozenset()
    specs = {spec.topic: spec for spec in load_topics(TOPICS) if spec.holds_events}
    hear = {str(reader.name) for reader in specs[topic].readers}
    if type_ == EVERYBODY:
        return frozenset(hear)
    _, _, stream, name, _ = type_.split(".")
    return frozenset(
        str(reader.name) for reader in specs[f"motcua.{stream}.events"].readers if name in reader.reads
    ) & frozenset(hear)


@cache
def _examples() -> list[dict[str, Any]]:
    """One or more of every event that anybody reads."""
    found = [each for file in sorted(_EXAMPLES.glob("*.v1.json")) for each in json.loads(file.read_text("utf-8"))[:3]]
    return [each for each in found if readers(_topic(each), each["type"])]


def _topic(example: Mapping[str, Any]) -> str:
    return f"motcua.{example['source'].rpartition('/')[2]}.events"


def _whole(random: Random, example: dict[str, Any]) -> Bad:
    """The example as it would be published about somebody new; nothing is wrong with it yet."""
    subject, other = (str(UUID(int=random.getrandbits(128), version=4)) for _ in range(2))
    said = {**example, "id": other, "subject": subject, "partitionkey": subject}
    names = {name: "datacontenttype" if name == "content-type" else name.removeprefix("ce_") for name in _NAMES}
    headers = [(name, str(said[key]).encode()) for name, key in names.items() if key in said]
    body = json.dumps({**example["data"], "note": CANARY}, ensure_ascii=False).encode()
    return Bad(_topic(example), example["type"], subject.encode(), headers, body)


def _header(bad: Bad, name: str, value: bytes | None) -> list[tuple[str, bytes | None]]:
    return [(each, value if each == name else was) for each, was in bad.headers]


def _type(name: str, bad: Bad) -> str:
    """Where its type cannot be read, everybody meets it."""
    return EVERYBODY if name == "ce_type" else bad.type


def _cut_short(random: Random, bad: Bad, _: Morsels) -> Bad:
    assert bad.body
    return replace(bad, body=bad.body[: random.randrange(1, len(bad.body))], reason="bad-json")


def _byte_put_in(random: Random, bad: Bad, _: Morsels) -> Bad:
    assert bad.body
    at, odd = random.randrange(len(bad.body)), random.choice((b"\xff", b"\xfe\xff", b"\0", b"\xed\xa0\x80", b"\x1f"))
    return replace(bad, body=bad.body[:at] + odd + bad.body[at:], reason="bad-json")


def _bytes_for_a_body(random: Random, bad: Bad, morsels: Morsels) -> Bad:
    return replace(bad, body=b"\xfe" + CANARY.encode() + random.choice(morsels.bytes), reason="bad-json")


def _more_behind(random: Random, bad: Bad, morsels: Morsels) -> Bad:
    assert bad.body
    return replace(bad, body=bad.body + b"}" + random.choice(morsels.bytes), reason="bad-json")


def _another_value(random: Random, bad: Bad, morsels: Morsels) -> Bad:
    return replace(bad, body=json.dumps(random.choice(morsels.values)).encode(), reason="bad-schema")


def _field_missing(random: Random, bad: Bad, _: Morsels) -> Bad:
    return _with(bad, {random.choice(_required(bad.type)): None})


def _field_of_another_kind(random: Random, bad: Bad, morsels: Morsels) -> Bad:
    """The dossier is an object; what Hypothesis calls a value never is, and null would mean that there is none."""
    return _with(bad, {"dossier": random.choice([value for value in morsels.values[:50] if value is not None])})


def _words_for_a_code(random: Random, bad: Bad, morsels: Morsels) -> Bad:
    assert bad.body
    dossier = {**json.loads(bad.body).get("dossier", {}), "code": f"{random.choice(morsels.words)} {CANARY}"}
    return _with(bad, {"dossier": dossier})


def _with(bad: Bad, changed: Mapping[str, Any]) -> Bad:
    assert bad.body
    said = {name: value for name, value in {**json.loads(bad.body), **changed}.items() if value is not None}
    return replace(bad, body=json.dumps(said).encode(), reason="bad-schema")


@cache
def _required(type_: str) -> list[str]:
    return list(json.loads((_SCHEMAS / f"{type_}.json").read_text("utf-8"))["required"])


def _no_body(random: Random, bad: Bad, _: Morsels) -> Bad:
    return replace(bad, body=random.choice((None, b"")), reason="no-body")


def _header_missing(random: Random, bad: Bad, _: Morsels) -> Bad:
    name = random.choice(_REQUIRED)
    left = [pair for pair in bad.headers if pair[0] != name]
    return replace(bad, headers=left, type=_type(name, bad), reason="missing-header")


def _no_headers(random: Random, bad: Bad, morsels: Morsels) -> Bad:
    key = random.choice((None, bad.key, random.choice(morsels.bytes)))
    return replace(bad, headers=[], key=key, type=EVERYBODY, reason="missing-header")


def _header_unreadable(random: Random, bad: Bad, morsels: Morsels) -> Bad:
    name = random.choice((*_REQUIRED, "traceparent"))
    value = random.choice((None, b"", b"\xff" + random.choice(morsels.bytes), f"\x07{CANARY}".encode(), b"\xc3\x28"))
    return replace(bad, headers=_header(bad, name, value), type=_type(name, bad), reason="bad-header")


def _header_of_another_kind(random: Random, bad: Bad, _: Morsels) -> Bad:
    name = random.choice(("ce_id", "ce_time", "ce_subject", "ce_causationid", "ce_correlationid", "ce_sequence"))
    value = random.choice((CANARY, "-1", "1" * 40, "2026-11-22T10:00:00", "{}", "NaN")).encode()
    return replace(bad, headers=_header(bad, name, value), reason="bad-header")


def _header_twice(random: Random, bad: Bad, _: Morsels) -> Bad:
    return replace(bad, headers=[*bad.headers, random.choice(bad.headers)], reason="duplicate-header")


def _another_specification(random: Random, bad: Bad, _: Morsels) -> Bad:
    version = random.choice((b"0.3", b"1.1", b"2.0", CANARY.encode()))
    return replace(bad, headers=_header(bad, "ce_specversion", version), reason="unsupported-specversion")


def _unknown_version(random: Random, bad: Bad, _: Morsels) -> Bad:
    stem = bad.type.rpartition(".v")[0]
    version = random.choice(("0", "77", "9" * 400))
    return replace(bad, headers=_header(bad, "ce_type", f"{stem}.v{version}".encode()), reason="unknown-version")


def _strange_source(random: Random, bad: Bad, _: Morsels) -> Bad:
    source = random.choice(("/motcua/elsewhere", f"/{CANARY}", "x" * 5_000, "/motcua/Intake")).encode()
    return replace(bad, headers=_header(bad, "ce_source", source), reason="misplaced")


def _strange_key(random: Random, bad: Bad, morsels: Morsels) -> Bad:
    assert bad.key
    key = random.choice((None, b"", bad.key.upper() + b" ", b"\xff" + random.choice(morsels.bytes)))
    return replace(bad, key=key, reason="misplaced")


def _wrong_topic(random: Random, bad: Bad, _: Morsels) -> Bad:
    others = sorted({_topic(each) for each in _examples()} - {bad.topic})
    return replace(bad, topic=random.choice(others), reason="misplaced")


def _of_no_interest(random: Random, bad: Bad, morsels: Morsels) -> Bad:
    """A type that nobody reads: passed over by everybody, whatever it holds."""
    name = random.choice((f"vn.motcua.intake.{CANARY.lower()}.v1", "vn.motcua.nobody.said.v1", "anything"))
    return replace(bad, headers=_header(bad, "ce_type", name.encode()), type=NOBODY, body=random.choice(morsels.bytes))


def _deep(random: Random, bad: Bad, _: Morsels) -> Bad:
    depth = random.randrange(1_000, 50_000)
    return replace(bad, body=b'{"x": ' + b"[" * depth + b"]" * depth + b"}", reason="bad-json")


def _long_number(random: Random, bad: Bad, _: Morsels) -> Bad:
    digits = "9" * random.randrange(4_500, 90_000)
    return replace(bad, body=f'{{"dossier": {digits}}}'.encode(), reason="bad-json")


def _too_large(random: Random, bad: Bad, _: Morsels) -> Bad:
    return replace(bad, body=b" " * random.randrange(1_000_001, 1_020_000), reason="too-large")


def _just_not_too_large(random: Random, bad: Bad, _: Morsels) -> Bad:
    """Beyond what the dead-letter topic repeats, and larger than a batch of the relay."""
    return replace(bad, body=b"[" + CANARY.encode() * random.randrange(33_000, 60_000), reason="bad-json")


MAKERS: tuple[Maker, ...] = (
    _cut_short, _byte_put_in, _bytes_for_a_body, _more_behind, _another_value, _field_missing, _field_of_another_kind,
    _words_for_a_code, _no_body, _header_missing, _no_headers, _header_unreadable, _header_of_another_kind,
    _header_twice, _another_specification, _unknown_version, _strange_source, _strange_key, _wrong_topic,
    _of_no_interest,
)  # fmt: skip
_RARE: tuple[Maker, ...] = (_deep, _long_number, _too_large, _just_not_too_large)
"""Large ones, one in a thousand."""
