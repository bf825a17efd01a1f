"""Every status of ours has one number of the national portal."""

import pytest

from motcua_contracts import Status
from motcua_intake.portal_status import portal_status

TABLE = {
    Status.SUBMITTED: 1,
    Status.IDENTITY_IN_REVIEW: 1,
    Status.IDENTITY_VERIFIED: 1,
    Status.PAYMENT_REQUESTED: 6,
    Status.FEE_SETTLED: 1,
    Status.SUPPLEMENT_REQUESTED: 5,
    Status.ACCEPTED: 2,
    Status.IN_PROCESS: 4,
    Status.DECIDED: 9,
    Status.RESULT_RETURNED: 10,
    Status.IDENTITY_REJECTED: 3,
    Status.PAYMENT_EXPIRED: 8,
    Status.DECLINED: 3,
    Status.STOPPED: 8,
    Status.WITHDRAWN: 7,
}


@pytest.mark.parametrize("status", Status)
def test_the_portal_number_is_the_one_of_the_table(status: Status) -> None:
    assert portal_status(status).number == TABLE[status]


def test_every_number_of_the_portal_is_reached() -> None:
    assert {portal_status(status).number for status in Status} == set(range(1, 11))


@pytest.mark.parametrize("status", Status)
def test_five_six_and_eight_count_as_paused(status: Status) -> None:
    shown = portal_status(status)
    assert shown.paused is (shown.number in {5, 6, 8})
    assert shown.vi != shown.en


def test_the_words_are_those_of_the_portal() -> None:
    shown = portal_status(Status.PAYMENT_REQUESTED)
    assert (shown.vi, shown.en) == ("Yêu cầu thực hiện nghĩa vụ tài chính", "Financial obligation requested")
