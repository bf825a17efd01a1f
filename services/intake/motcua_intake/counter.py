"""Intake at the counter: an officer files for a citizen who stands there, or whose papers came by post."""

from uuid import uuid4

from fastapi import APIRouter, Request, Response

from motcua_chassis.direct_route import DirectRoute
from motcua_chassis.http import AtDesk, Key, Officer
from motcua_chassis.problems import ProblemError, documented
from motcua_contracts import Capacity, Filer
from motcua_intake import submitting, views
from motcua_intake.submission import CounterSubmission

router = APIRouter(prefix="/officer", tags=["officers"], route_class=DirectRoute)


@router.post(
    "/applications",
    summary="File for a citizen at the counter",
    status_code=201,
    response_model=views.Receipt,
    responses=documented(409),
)
async def file(submission: CounterSubmission, request: Request, desk: AtDesk, officer: Officer, key: Key) -> Response:
    """At the officer's agency or one below it. `account` is the applicant's, who can then follow it.

    Applicant and filer are both on record. The officers of that agency may supplement and withdraw it.
    """
    if not officer.serves(submission.agency):
        raise ProblemError("not-your-agency", 403)
    filed_by = Filer(id=officer.subject, capacity=Capacity.COUNTER_OFFICER)
    return await submitting.file(submission, submission.account or uuid4(), filed_by, request, desk, officer, key)
