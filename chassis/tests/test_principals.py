from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest

from motcua_chassis import http
from motcua_chassis.principals import InvalidTokenError, Principal, Role, ServiceToken, Tokens, mint, verify

SECRET = "a secret of at least forty-eight bytes, for HS384 too"
SUBJECT = UUID(int=77)

TOKENS: dict[str, Callable[[datetime], str]] = {
    "forged": lambda now: jwt.encode(_claims(now), "another secret of thirty-two bytes!", "HS256"),
    "another algorithm": lambda now: jwt.encode(_claims(now), SECRET, "HS384"),
    "no algorithm": lambda now: jwt.encode(_claims(now), "", "none"),
    "another audience": lambda now: jwt.encode(_claims(now, aud="others"), SECRET, "HS256"),
    "another issuer": lambda now: jwt.encode(_claims(now, iss="others"), SECRET, "HS256"),
    "expired": lambda now: jwt.encode(_claims(now, exp=now - timedelta(seconds=1)), SECRET, "HS256"),
    "not valid yet": lambda now: jwt.encode(_claims(now, nbf=now + timedelta(hours=1)), SECRET, "HS256"),
    "without expiry": lambda now: jwt.encode(_claims(now, exp=None), SECRET, "HS256"),
    "without subject": lambda now: jwt.encode(_claims(now, sub=None), SECRET, "HS256"),
    "without audience": lambda now: jwt.encode(_claims(now, aud=None), SECRET, "HS256"),
    "without issuer": lambda now: jwt.encode(_claims(now, iss=None), SECRET, "HS256"),
    "without role": lambda now: jwt.encode(_claims(now, role=None), SECRET, "HS256"),
    "of a role that is none": lambda now: jwt.encode(_claims(now, role="king"), SECRET, "HS256"),
    "of a list of roles": lambda now: jwt.encode(_claims(now, role=["citizen"]), SECRET, "HS256"),
    "of a subject that is none": lambda now: jwt.encode(_claims(now, sub="an"), SECRET, "HS256"),
    "of an officer without agency": lambda now: jwt.encode(_claims(now, role="officer"), SECRET, "HS256"),
    "garbage": lambda _now: "x.y.z",
    "empty": lambda _now: "",
    "cut off": lambda now: jwt.encode(_claims(now), SECRET, "HS256")[:-3],
}


def _claims(now: datetime, **changes: Any) -> dict[str, Any]:
    claims = {
        "iss": "motcua-dev",
        "aud": "motcua",
        "sub": str(SUBJECT),
        "role": "citizen",
        "exp": now + timedelta(hours=1),
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    minted, known = TOKENS[token](datetime.now(UTC)), Tokens(SECRET)

    with pytest.raises(InvalidTokenError):
        verify(SECRET, minted)
    for _ in range(2):
        with pytest.raises(InvalidTokenError):
            known.verify(minted)


def test_a_token_names_subject_role_and_agency() -> None:
    token = mint(SECRET, Role.OFFICER, SUBJECT, "H29.25")

    assert verify(SECRET, token) == Principal(SUBJECT, Role.OFFICER, "H29.25")


def test_a_remembered_token_still_expires() -> None:
    now = [datetime.now(UTC).timestamp()]
    known, token = Tokens(SECRET, lambda: now[0]), mint(SECRET, Role.CITIZEN, SUBJECT, lifetime=timedelta(seconds=1))
    assert known.verify(token) == known.verify(token)
    now[0] += 3600

    assert token in known._known
    known._key = Tokens("so that only memory could let it in, it is forged now")._key
    with pytest.raises(InvalidTokenError):
        known.verify(token)


def test_a_service_shows_one_token_for_many_calls() -> None:
    token = ServiceToken(SECRET, "payment")

    assert token() == token()
    assert verify(SECRET, token()).role is Role.SERVICE
    assert verify(SECRET, token()).subject != verify(SECRET, ServiceToken(SECRET, "intake")()).subject


def test_an_officer_serves_the_own_agency_and_those_below() -> None:
    officer = Principal(SUBJECT, Role.OFFICER, "H29.25")

    assert officer.serves("H29.25")
    assert officer.serves("H29.25.12")
    assert not officer.serves("H29.251")
    assert not officer.serves("H29")
    assert not Principal(SUBJECT, Role.CITIZEN).serves("H29")


def test_a_citizen_owns_the_own_dossier_and_an_officer_those_of_the_agency() -> None:
    assert http.owns(Principal(SUBJECT, Role.CITIZEN), SUBJECT, "H29")
    assert not http.owns(Principal(SUBJECT, Role.CITIZEN), uuid4(), "H29")
    assert not http.owns(Principal(SUBJECT, Role.CITIZEN, "H29"), uuid4(), "H29")
    assert http.owns(Principal(SUBJECT, Role.OFFICER, "H29"), uuid4(), "H29.25")
    assert not http.owns(Principal(SUBJECT, Role.OFFICER, "H30"), SUBJECT, "H29.25")
    assert not http.owns(Principal(SUBJECT, Role.OPERATOR), SUBJECT, "H29")
    assert http.owns(Principal(SUBJECT, Role.SERVICE), uuid4(), "H29")
