"""What holds of every deadline, whatever its limit, pauses and extension."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from motcua_chassis.vietnam import VIETNAM
from motcua_intake.deadline import Deadline, Limit, Pause, Reason, deadline, moved_days
from motcua_intake.working_calendar import load_calendar

CALENDAR = load_calendar()
for year in (2025, 2026, 2027):
    CALENDAR.day(date(year, 1, 1))  # reading a year's holidays takes longer than Hypothesis grants an example
NEVER = datetime(9999, 1, 1, tzinfo=VIETNAM)

starts = st.sampled_from(
    [date(2025, 4, 24), date(2025, 12, 29), date(2026, 2, 11), date(2026, 8, 20), date(2026, 11, 19)]
)
"""Just before 30/4, New Year, Tết, National Day and Culture Day."""

clocks = st.one_of(
    st.sampled_from([time(7, 30), time(11, 30), time(13, 30), time(15), time(15, 0, 1), time(16, 59), time(17)]),
    st.times(max_value=time(23, 59)),
)
delays = st.integers(0, 20 * 24 * 60).map(lambda count: timedelta(minutes=count))


@st.composite
def pauses_from(draw: st.DrawFn, day: date) -> Pause:
    """A pause around a limit that begins on this day."""
    first = day + timedelta(days=draw(st.integers(-1, 12)))
    since = datetime.combine(first, draw(clocks), VIETNAM)
    until = datetime.combine(first + timedelta(days=draw(st.integers(0, 6))), draw(clocks), VIETNAM)
    return Pause(min(since, until), max(since, until))


@st.composite
def limits_and_pauses(draw: st.DrawFn) -> tuple[Limit, Pause]:
    day = draw(starts) + timedelta(days=draw(st.integers(0, 6)))
    accepted = datetime.combine(day, draw(clocks), VIETNAM)
    stops = draw(st.lists(pauses_from(day), max_size=3))
    limit = Limit(accepted, draw(st.integers(0, 8)), tuple(stops), draw(st.sampled_from([0, 0, 1, 5])))
    if draw(st.booleans()):
        limit = replace(limit, extended_at=accepted + draw(delays))
    return limit, draw(pauses_from(day))


limits = limits_and_pauses().map(lambda pair: pair[0])


def due(limit: Limit) -> datetime:
    """When it is due; never where a pause is open."""
    return deadline(limit, CALENDAR).due_at or NEVER


def reckon(limit: Limit) -> Deadline:
    return deadline(limit, CALENDAR)


@given(limits)
def test_due_is_the_close_of_a_working_day(limit: Limit) -> None:
    due_at = due(limit)
    assert CALENDAR.is_working_day(due_at.date())
    assert due_at.timetz().replace(tzinfo=None) == CALENDAR.closes
    assert due_at > limit.accepted_at or due_at.date() >= limit.accepted_at.date()


@given(limits)
def test_the_limit_never_runs_out_while_it_stands_still(limit: Limit) -> None:
    due_at = due(limit)
    assert not any(pause.since < due_at <= (pause.until or NEVER) for pause in limit.pauses)


@given(limits, st.booleans())
def test_the_days_run_without_gap_and_exactly_the_limit_counts(limit: Limit, open_at_end: bool) -> None:  # noqa: FBT001
    if open_at_end:
        limit = replace(limit, pauses=(*limit.pauses, Pause(limit.accepted_at + timedelta(days=3), None)))
    found = reckon(limit)
    first, last = limit.accepted_at.date(), found.days[-1].date
    assert [day.date for day in found.days] == [first + timedelta(days=n) for n in range((last - first).days + 1)]
    numbers = [day.number for day in found.days if day.number is not None]
    assert numbers == list(range(1, len(numbers) + 1))
    assert found.remaining == found.working_days - len(numbers)
    if found.due_at is not None:
        assert found.remaining == 0
        assert last == found.due_at.date()
        assert found.days[-1].number == (found.working_days or None)


@settings(deadline=None)
@given(limits)
def test_only_working_days_count_and_whole_days_paused_do_not(limit: Limit) -> None:
    for day in reckon(limit).days:
        if day.number is not None or day.reason is Reason.SAME_DAY:
            assert CALENDAR.is_working_day(day.date)
            assert running_minutes(limit, day.date) > 0
        if day.reason is Reason.PAUSED:
            assert running_minutes(limit, day.date) == 0
        if day.reason is Reason.PAUSED_IN_PART:
            assert 0 < running_minutes(limit, day.date) < len(list(office_minutes(day.date)))


@given(limits_and_pauses())
def test_one_more_pause_never_makes_it_due_earlier(pair: tuple[Limit, Pause]) -> None:
    limit, more = pair
    assert due(limit) <= due(replace(limit, pauses=(*limit.pauses, more)))


@given(limits_and_pauses())
def test_a_pause_still_open_is_due_no_earlier_than_however_it_ends(pair: tuple[Limit, Pause]) -> None:
    limit, stop = pair
    closed, open_ = (replace(limit, pauses=(*limit.pauses, end)) for end in (stop, Pause(stop.since, None)))
    assert due(closed) <= due(open_)
    if due(open_) is not NEVER:
        assert due(closed) == due(open_) <= stop.since


@given(limits_and_pauses(), st.integers(0, 100))
def test_a_pause_split_in_two_adjacent_ones_changes_nothing(pair: tuple[Limit, Pause], percent: int) -> None:
    limit, whole = pair
    assert whole.until is not None
    seam = whole.since + (whole.until - whole.since) * percent / 100
    parts = (Pause(seam, whole.until), Pause(whole.since, seam))
    one, two = (reckon(replace(limit, pauses=(*limit.pauses, *stops))) for stops in ((whole,), parts))
    assert one == two


@given(limits, st.randoms())
def test_the_order_in_which_pauses_are_told_changes_nothing(limit: Limit, random: object) -> None:
    told = list(limit.pauses) * 2
    random.shuffle(told)  # type: ignore[attr-defined]
    assert reckon(replace(limit, pauses=tuple(told))) == reckon(limit)


@given(limits, delays)
def test_who_is_accepted_later_is_never_due_earlier(limit: Limit, later: timedelta) -> None:
    assert due(limit) <= due(replace(limit, accepted_at=limit.accepted_at + later))


@given(limits, st.integers(1, 5))
def test_an_extension_moves_the_date_and_a_longer_limit_never_brings_it_forward(limit: Limit, more: int) -> None:
    assert due(limit) <= due(replace(limit, working_days=limit.working_days + more))
    assert due(limit) <= due(replace(limit, extension_days=limit.extension_days + more))
    assert due(replace(limit, extension_days=0)) < due(replace(limit, extension_days=more))


@given(limits, delays)
def test_an_extension_of_a_limit_that_ran_out_lies_ahead_of_the_moment_it_was_granted(
    limit: Limit, late: timedelta
) -> None:
    granted = due(replace(limit, extension_days=0)) + late
    assert due(replace(limit, extension_days=2, extended_at=granted)) > granted


@given(limits)
def test_what_pauses_move_adds_up_one_by_one(limit: Limit) -> None:
    steps = [reckon(replace(limit, pauses=limit.pauses[:count])) for count in range(len(limit.pauses) + 1)]
    moved = [moved_days(before, after, CALENDAR) for before, after in pairwise(steps)]
    assert sum(moved) == moved_days(steps[0], steps[-1], CALENDAR)
    assert all(days >= 0 for days in moved)


@given(limits)
def test_a_night_a_lunch_or_a_weekend_moves_nothing(limit: Limit) -> None:
    found = reckon(limit)
    spans = [span for day in found.days for span in CALENDAR.sessions_of(day.date) if CALENDAR.is_working_day(day.date)]
    nights = [Pause(closes, opens) for (_, closes), (opens, _) in pairwise(spans)]
    assert reckon(replace(limit, pauses=(*limit.pauses, *nights))).due_at == found.due_at


@settings(deadline=None)
@given(limits)
def test_nobody_waits_longer_than_by_the_working_minute(limit: Limit) -> None:
    assert due(limit).date() <= by_the_minute(limit)


def by_the_minute(limit: Limit) -> date:
    """The due day reckoned in working minutes instead of days: a limit of n days is n days' minutes that ran."""
    last: date | None = None
    day = limit.accepted_at.date() + timedelta(days=bool(limit.working_days))
    if not limit.working_days and limit.accepted_at.time() > CALENDAR.same_day_until:
        day += timedelta(days=1)
    for days in (limit.working_days, *([limit.extension_days] if limit.extension_days else [])):
        if last is not None and limit.extended_at is not None:
            day = max(day, limit.extended_at.date() + timedelta(days=1))
        wanted, ran = days * FULL, 0
        while True:
            if CALENDAR.is_working_day(day):
                ran += running_minutes(limit, day)
                if ran >= wanted and not _stands_at_close(limit, day):
                    break
            day += timedelta(days=1)
        last, day = day, day + timedelta(days=1)
    assert last is not None
    return last


def running_minutes(limit: Limit, day: date) -> int:
    """Office minutes of a day in which the limit ran; what stands still for part of a minute ran in the rest."""
    stops = _joined(limit)
    return sum(
        not any(p.since <= minute and (p.until is None or minute + _MINUTE <= p.until) for p in stops)
        for minute in office_minutes(day)
    )


def office_minutes(day: date) -> Iterator[datetime]:
    for opens, closes in CALENDAR.sessions_of(day):
        yield from (opens + n * _MINUTE for n in range((closes - opens) // _MINUTE))


def _joined(limit: Limit) -> list[Pause]:
    """The pauses, with those that touch made one, by the simplest means."""
    spans = [[p.since, p.until or NEVER] for p in limit.pauses]
    for _ in spans:
        for one in spans:
            for other in spans:
                if other[0] <= one[1] and one[0] <= other[1]:
                    one[:] = other[:] = [min(one[0], other[0]), max(one[1], other[1])]
    return [Pause(*span) for span in spans]


def _stands_at_close(limit: Limit, day: date) -> bool:
    close = datetime.combine(day, CALENDAR.closes, VIETNAM)
    return any(p.since < close <= (p.until or NEVER) for p in _joined(limit))


_MINUTE = timedelta(minutes=1)
FULL = len(list(office_minutes(date(2026, 11, 9))))
