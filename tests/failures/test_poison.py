"""What the drill calls bad is bad, for the reason it says, to exactly the services it names."""

from collections import Counter

import pytest

from motcua_chassis.codec import Poison, Reader, StoredRecord
from motcua_chassis.replayable import find
from motcua_local.wiring import SERVICES
from tests.failures.drill.morsels import gather
from tests.failures.drill.poison import MAKERS, Bad, poison, readers

RECORDS = 2_500
READERS = {name: Reader(find(name).reads) for name in SERVICES}


@pytest.fixture(scope="module")
def thrown() -> list[Bad]:
    return list(poison(RECORDS, 7, gather(150, 7)))


def test_every_bad_record_is_parked_for_its_reason_by_those_who_read_it_and_passed_over_by_others(
    thrown: list[Bad],
) -> None:
    wrong = Counter[str]()
    for bad in thrown:
        stored = StoredRecord(bad.topic, 0, 0, bad.key, bad.body, bad.headers)
        for name, reader in READERS.items():
            if bad.topic not in reader.topics:
                continue
            reading = reader.read(stored)
            found = None if reading is None else reading.reason if isinstance(reading, Poison) else "good"
            expected = bad.reason if name in readers(bad.topic, bad.type) else None
            wrong[f"{name}: {expected} read as {found}: {bad.headers[:4]} {bad.body and bad.body[:80]!r}"] += (
                found != expected
            )
    assert not +wrong, (+wrong).most_common(5)


def test_every_kind_occurs_and_is_met_by_somebody(thrown: list[Bad]) -> None:
    reasons = Counter(bad.reason for bad in thrown)
    assert len(reasons) == 11, reasons
    met = Counter(name for bad in thrown for name in readers(bad.topic, bad.type))
    assert set(met) == set(SERVICES)
    assert min(met.values()) > RECORDS // len(MAKERS)
