"""The file of an application as the officers of its agency read it: the applicant, the form, the papers. Every look
leaves a record.
"""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from motcua_chassis.http import AtDesk, Officer
from motcua_chassis.problems import ProblemError, documented
from motcua_intake import attachments, case_file_views, store, supplement_rows, views
from motcua_intake.access import ByCode, to_serve
from motcua_intake.catalogue import applying
from motcua_intake.vault import Look, Vault, look

router = APIRouter(prefix="/officer", tags=["officers"])

_SUFFIXES = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


@router.get(
    "/applications/{dossier_code}/file",
    summary="Read the file",
    responses=documented(404, 410),
    response_model_exclude_none=True,
)
async def read(dossier_code: ByCode, desk: AtDesk, officer: Officer, request: Request) -> case_file_views.CaseFile:
    """Applicant, representative, form, documents, supplements and officers' words. 410 once the applicant is erased."""
    vault: Vault = request.app.state.service
    found = await store.find(desk.pool, dossier_code)
    if found is None or not officer.serves(found[0].agency):
        raise ProblemError("application-not-found", 404)
    row, steps = found
    looked = await look(desk.pool, row.application_id, officer.subject, Look.CASE_FILE)
    if looked is None:
        raise ProblemError("applicant-erased", 410)
    who = vault.open(row.application_id, looked.sealed)
    words = vault.open_words(row.application_id, looked.sealed.wrapped_key, looked.words)
    asked = await supplement_rows.of(desk.pool, row.application_id)
    papers = await attachments.of(desk.pool, row.application_id)
    procedure = applying(row.procedure, row.submitted_at)
    application = views.application(row, steps, asked, words, procedure)
    return case_file_views.case_file(application, who, papers, procedure)


@router.get(
    "/applications/{dossier_code}/documents/{upload}",
    summary="Fetch a document",
    response_class=Response,
    responses={
        200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _SUFFIXES}},
        **documented(404),
    },
)
async def document(
    dossier_code: ByCode,
    upload: Annotated[UUID, Path(description="As the file names it")],
    desk: AtDesk,
    officer: Officer,
    request: Request,
) -> Response:
    """The file as it was sent in. One of an erased applicant does not exist."""
    vault: Vault = request.app.state.service
    address = await to_serve(desk.pool, dossier_code, officer)
    found = await attachments.fetch(desk.pool, upload, address.application_id, officer.subject)
    if found is None:
        raise ProblemError("document-not-found", 404)
    content = await asyncio.to_thread(vault.open_bytes, upload, found.sealed)
    name = f"{found.item}-{upload}.{_SUFFIXES[found.content_type]}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=found.content_type, headers=headers)
