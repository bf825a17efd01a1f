"""Mints the development tokens that the services accept: HS256, audience `motcua`, short-lived."""

import time
import uuid
from typing import Literal

import jwt

Role = Literal["citizen", "officer", "service", "operator"]


def mint(secret: str, role: Role, subject: str | None = None, agency: str | None = None, lifetime: int = 86_400) -> str:
    """Sign a token; without `subject` it is for somebody new. An officer belongs to an `agency`."""
    if (role == "officer") != (agency is not None):
        raise ValueError("an officer, and nobody else, has an agency")
    now = int(time.time())
    claims = {"iss": "motcua-dev", "aud": "motcua", "sub": subject or str(uuid.uuid4()), "role": role}
    claims |= {"agency": agency} if agency else {}
    return jwt.encode({**claims, "iat": now, "exp": now + lifetime}, secret, algorithm="HS256")
