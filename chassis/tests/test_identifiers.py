from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from motcua_chassis.identifiers import derive, event_id, name_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


@given(TIMES, st.binary(max_size=80))
def test_an_id_is_a_uuid_of_version_7_that_holds_its_time(time: datetime, content: bytes) -> None:
    identity = derive(time, content)

    assert identity.version == 7
    assert identity.variant == "specified in RFC 4122"
    assert EPOCH + timedelta(milliseconds=identity.int >> 80) == time.replace(
        microsecond=time.microsecond // 1000 * 1000
    )


def test_the_same_cause_always_makes_the_same_id() -> None:
    application, cause = uuid4(), uuid4()

    assert event_id(NOW, b"/motcua/intake", application, cause, 0) == event_id(
        NOW, b"/motcua/intake", UUID(str(application)), UUID(str(cause)), 0
    )


def test_service_application_cause_and_index_each_make_another_id() -> None:
    application, cause = uuid4(), uuid4()
    ids = {
        event_id(NOW, b"/motcua/intake", application, cause, 0),
        event_id(NOW, b"/motcua/payment", application, cause, 0),
        event_id(NOW, b"/motcua/intake", uuid4(), cause, 0),
        event_id(NOW, b"/motcua/intake", application, uuid4(), 0),
        event_id(NOW, b"/motcua/intake", application, cause, 1),
        event_id(NOW, b"/motcua/intake", cause, application, 0),
        event_id(NOW + timedelta(milliseconds=1), b"/motcua/intake", application, cause, 0),
    }

    assert len(ids) == 7


def test_ids_of_later_days_sort_behind_those_of_earlier_days() -> None:
    days = [derive(NOW + timedelta(days=n), b"x") for n in range(30)]

    assert sorted(days) == days


def test_a_name_has_one_id_and_its_parts_do_not_run_together() -> None:
    assert name_id("principal", "route", "key") == name_id("principal", "route", "key")
    assert name_id("ab", "c") != name_id("a", "bc")
