"""Takes documents in: one file a request, sealed before it is stored, called by an id in submission and supplement."""

import asyncio
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, Field

from motcua_chassis.http import AtDesk, CitizenOrOfficer, Desk, OptionalKey
from motcua_chassis.identifiers import name_id
from motcua_chassis.principals import Principal
from motcua_chassis.problems import ProblemError, documented
from motcua_intake import attachments
from motcua_intake.vault import Vault

router = APIRouter(tags=["documents"])

LARGEST = 10 * 1024 * 1024
_BEGINNINGS = {"application/pdf": b"%PDF-", "image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"The file as it is, at most {LARGEST} bytes",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _BEGINNINGS},
    }
}


class Uploaded(BaseModel):
    """What to call the file by."""

    upload: UUID
    content_type: str = Field(examples=["application/pdf"])
    size: int = Field(description="Bytes", examples=[183_214])


@router.post(
    "/uploads",
    summary="Send a document in",
    status_code=201,
    responses=documented(413, 415),
    openapi_extra=_BODY,
)
async def upload(
    request: Request,
    desk: AtDesk,
    principal: CitizenOrOfficer,
    key: OptionalKey = None,
    content_type: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Uploaded:
    """A PDF, JPEG or PNG. It can be used once, within a week, by who sent it in."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind not in _BEGINNINGS:
        raise ProblemError("upload-of-another-kind", 415)
    content = await request.body()
    if len(content) > LARGEST:
        raise ProblemError("upload-too-large", 413)
    if not content.startswith(_BEGINNINGS[kind]):
        raise ProblemError("upload-not-what-it-says", 422, {"kind": kind})
    named = name_id("upload", str(principal.subject), key) if key else uuid4()
    await _store(desk, request.app.state.service, named, principal, kind, content)
    return Uploaded(upload=named, content_type=kind, size=len(content))


async def _store(desk: Desk, vault: Vault, named: UUID, principal: Principal, kind: str, content: bytes) -> None:
    sealed = await asyncio.to_thread(vault.seal_bytes, named, content)
    if await attachments.add(desk.pool, named, principal.subject, kind, len(content), sealed):
        return
    before = await attachments.stored(desk.pool, named, principal.subject)
    if before is None or before[0] != kind or await asyncio.to_thread(vault.open_bytes, named, before[1]) != content:
        raise ProblemError("idempotency-key-reused", 422)
