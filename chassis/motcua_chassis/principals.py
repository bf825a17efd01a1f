"""Who is asking: a signed development token names a subject, a role and, for officers, an agency.

Invariant: the algorithm, issuer, audience and expiry are always checked; a token never holds personal data.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import jwt

ISSUER = "motcua-dev"
AUDIENCE = "motcua"
_ALGORITHM = "HS256"


class Role(StrEnum):
    """What a principal may be."""

    CITIZEN = "citizen"
    OFFICER = "officer"
    SERVICE = "service"
    OPERATOR = "operator"


class Principal(NamedTuple):
    """The subject of a verified token."""

    subject: UUID
    role: Role
    agency: str | None = None

    def serves(self, agency: str) -> bool:
        """Whether an officer may act for this agency: their own or one below it."""
        return self.agency is not None and (agency == self.agency or agency.startswith(f"{self.agency}."))


class InvalidTokenError(Exception):
    """The token is missing, expired, forged or incomplete."""


def mint(
    secret: str, role: Role, subject: UUID, agency: str | None = None, *, lifetime: timedelta = timedelta(hours=1)
) -> str:
    """A signed development token."""
    now = datetime.now(UTC)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(subject),
        "role": role.value,
        "iat": now,
        "exp": now + lifetime,
    }
    return jwt.encode(claims | ({"agency": agency} if agency else {}), secret, _ALGORITHM)


def verify(secret: str, token: str) -> Principal:
    """The principal of a token. Raises `InvalidTokenError`."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": ["exp", "sub", "aud", "iss"]},
        )
        principal = Principal(UUID(claims["sub"]), Role(claims["role"]), claims.get("agency"))
    except (jwt.InvalidTokenError, KeyError, ValueError) as error:
        raise InvalidTokenError(type(error).__name__) from None
    if principal.role is Role.OFFICER and principal.agency is None:
        raise InvalidTokenError("an officer's token names an agency")
    return principal
