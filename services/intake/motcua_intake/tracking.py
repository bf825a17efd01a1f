"""Where an application stands, for everybody whom it concerns: its story, and how its deadline came to be."""

from fastapi import APIRouter, Request

from motcua_chassis.http import Anyone, AtDesk
from motcua_chassis.problems import ProblemError, documented
from motcua_intake import notes, store, supplement_rows, views
from motcua_intake.access import ByCode, follows, is_theirs
from motcua_intake.catalogue import applying, catalogue
from motcua_intake.deadline_view import DeadlineView, itemised

router = APIRouter(tags=["applications"])


@router.get(
    "/applications/{dossier_code}",
    summary="Follow an application",
    responses=documented(404),
    response_model_exclude_none=True,
)
async def follow(dossier_code: ByCode, desk: AtDesk, principal: Anyone, request: Request) -> views.ApplicationView:
    """Status, appointment, outcome and timeline; a citizen sees their own, with what officers wrote to them, an officer
    those of their agency. Reading what officers wrote leaves a record.
    """
    found = await store.find(desk.pool, dossier_code)
    if found is None or not follows(principal, found[0]):
        raise ProblemError("application-not-found", 404)
    row, steps = found
    marked = any(step.event == "supplement-requested" for step in steps)
    asked = await supplement_rows.of(desk.pool, row.application_id) if marked else []
    words = {}
    noted = any(step.note for step in steps) or any(marked.note for each in asked for marked in each.items)
    if noted and is_theirs(principal, row):
        words = await notes.of(desk.pool, request.app.state.service, row.application_id, principal.subject)
    return views.application(row, steps, asked, words, applying(row.procedure, row.submitted_at))


@router.get(
    "/applications/{dossier_code}/deadline",
    summary="Why the result is due when it is",
    responses=documented(404, 409),
    response_model_exclude_none=True,
)
async def deadline(dossier_code: ByCode, desk: AtDesk, principal: Anyone) -> DeadlineView:
    """Every day from acceptance to the due day with its reason; for whoever may follow the application."""
    row = await store.find_row(desk.pool, dossier_code)
    if row is None or not follows(principal, row):
        raise ProblemError("application-not-found", 404)
    state = await store.state_of(desk.pool, row.application_id)
    if state is None or state.limit is None:
        raise ProblemError("not-accepted-yet", 409)
    return itemised(state.limit, catalogue().calendar, applying(row.procedure, row.submitted_at))
