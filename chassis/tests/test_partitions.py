"""Keys land where Kafka's own clients put them."""

from uuid import UUID

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from motcua_chassis.partitions import partition_of


@given(st.uuids(), st.integers(1, 64))
def test_an_application_lands_where_the_library_would_put_it(application: UUID, count: int) -> None:
    key, places = str(application).encode(), list(range(count))

    assert partition_of(key, count) == DefaultPartitioner()(key, places, places)


@given(st.binary(min_size=1, max_size=80), st.integers(1, 64))
def test_any_other_key_does_too(key: bytes, count: int) -> None:
    places = list(range(count))

    assert partition_of(key, count) == DefaultPartitioner()(key, places, places)
