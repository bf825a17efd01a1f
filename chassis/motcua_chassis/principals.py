"""Who is asking: a signed development token names a subject, a role and, for officers, an agency.

Invariant: the algorithm, issuer, audience and expiry are always checked; a token never holds personal data.
"""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import jwt
from jwt.algorithms import HMACAlgorithm

from motcua_chassis.identifiers import name_id

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


class Tokens:
    """Verifies tokens and remembers the good ones until they expire: checking a signature costs more than a route."""

    _MOST = 10_000

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._key, self._clock = _key(secret), clock
        self._known: dict[str, tuple[Principal, float]] = {}

    def verify(self, token: str) -> Principal:
        """The principal of a token. Raises `InvalidTokenError`."""
        known = self._known.get(token)
        if known is not None and self._clock() < known[1]:
            return known[0]
        principal, expiry = _read(self._key, token)
        if len(self._known) >= self._MOST:
            self._known.clear()
        self._known[token] = principal, expiry
        return principal


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


class ServiceToken:
    """The token a service shows to another: signed once for many calls, renewed long before it lapses."""

    _RENEW_SECONDS = 600.0

    def __init__(self, secret: str, service: str) -> None:
        self._secret = secret
        self._subject = name_id("service", service)
        self._token = ""
        self._renew_at = 0.0

    def __call__(self) -> str:
        if not self._token or time.monotonic() >= self._renew_at:
            self._token = mint(self._secret, Role.SERVICE, self._subject)
            self._renew_at = time.monotonic() + self._RENEW_SECONDS
        return self._token


def verify(secret: str, token: str) -> Principal:
    """The principal of a token. Raises `InvalidTokenError`."""
    return _read(_key(secret), token)[0]


class _PreparedKey(HMACAlgorithm):
    """Looks at a key once: whether its bytes are a key of another kind is asked for each token otherwise."""

    prepare_key = lru_cache(maxsize=8)(HMACAlgorithm.prepare_key)


def _key(secret: str) -> jwt.PyJWK:
    encoded = urlsafe_b64encode(secret.encode()).rstrip(b"=").decode()
    key = jwt.PyJWK({"kty": "oct", "k": encoded}, _ALGORITHM)
    key.Algorithm = _PreparedKey(HMACAlgorithm.SHA256)
    return key


def _read(key: jwt.PyJWK, token: str) -> tuple[Principal, float]:
    try:
        claims = jwt.decode(
            token,
            key,
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
    return principal, float(claims["exp"])
