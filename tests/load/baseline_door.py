"""Intake's door as it is usually built: a transaction for each request: `python -m tests.load.baseline_door`.

FastAPI and asyncpg as their documentation has them: the token checked, the key looked up, application, event and answer
written, committed, answered. Its outbox is not drained: only taking in is measured here, on both sides.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
import jwt
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from motcua_contracts import ApplicationSubmitted, Dossier, Envelope, FeeBasis, Stream, write_headers
from tests.load.baseline import SCHEMA, HeaderValues, ProgressModel
from tests.load.stages import Filing

REQUESTS = """
CREATE TABLE IF NOT EXISTS requests (
    subject text, key text, body_hash bytea NOT NULL, reply text NOT NULL, PRIMARY KEY (subject, key));
"""
bearer = HTTPBearer()


class Filed(BaseModel):
    """The answer."""

    application_id: UUID
    status: str = "submitted"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The pool, and the tables."""
    app.state.pool = await asyncpg.create_pool(os.environ["MOTCUA_DATABASE"], min_size=10, max_size=10)
    await app.state.pool.execute(SCHEMA + REQUESTS)
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


def citizen(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
    """Who asks."""
    secret = os.environ["MOTCUA_TOKEN_SECRET"]
    claims = jwt.decode(credentials.credentials, secret, ["HS256"], audience="motcua", issuer="motcua-dev")
    if claims["role"] != "citizen":
        raise HTTPException(403)
    return claims["sub"]


@app.get("/health/ready")
async def ready() -> dict[str, bool]:
    """It is, once it answers."""
    return {"ready": True}


@app.post("/applications", status_code=201)
async def file(
    filing: Filing,
    request: Request,
    subject: Annotated[str, Depends(citizen)],
    key: Annotated[str, Header(alias="Idempotency-Key")],
) -> Filed:
    """File an application, once per key."""
    body_hash = sha256(await request.body()).digest()
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        known = await connection.fetchrow(
            "SELECT body_hash, reply FROM requests WHERE subject = $1 AND key = $2", subject, key
        )
        if known is not None:
            if known["body_hash"] != body_hash:
                raise HTTPException(422)
            return Filed.model_validate_json(known["reply"])
        filed = Filed(application_id=uuid4())
        await _save(connection, filing, filed, subject)
        await connection.execute(
            "INSERT INTO requests VALUES ($1, $2, $3, $4)", subject, key, body_hash, filed.model_dump_json()
        )
    return filed


async def _save(connection: Any, filing: Filing, filed: Filed, subject: str) -> None:
    dossier = Dossier(
        code=filing.code, applicant_id=UUID(subject), procedure=filing.procedure, agency=filing.agency,
        channel="online",
    )  # fmt: skip
    event = ApplicationSubmitted(dossier=dossier, fee_basis=FeeBasis(submitted_on=date(2026, 11, 22)))
    cause = uuid4()
    envelope = Envelope(
        uuid4(), Stream.INTAKE.source, event.type, datetime.now(UTC), filed.application_id, cause, cause, 1
    )
    headers = HeaderValues(values={name: value.decode() for name, value in write_headers(envelope)})
    await connection.execute(
        "INSERT INTO applications (id, version, state) VALUES ($1, 1, $2)",
        filed.application_id,
        ProgressModel().model_dump_json(),
    )
    await connection.execute(
        "INSERT INTO outgoing (topic, key, type, headers, body) VALUES ($1, $2, $3, $4, $5)",
        Stream.INTAKE.topic,
        str(filed.application_id),
        event.type,
        headers.model_dump_json(),
        event.model_dump_json(),
    )


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["MOTCUA_HTTP_PORT"]), log_level="warning", access_log=False)
