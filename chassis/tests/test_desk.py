"""While the secret of tokens is changed, those signed with the next or the last one are good as well."""

from typing import Any
from uuid import uuid4

import pytest

from motcua_chassis.http import Desk
from motcua_chassis.principals import InvalidTokenError, Role, mint
from motcua_chassis.settings import ChassisSettings

LAST, NEXT = "the-last-secret-of-thirty-two-bytes", "the-next-secret-of-thirty-two-bytes"


def desk(secret: str, also: str | None = None) -> Desk:
    told: dict[str, Any] = {"database": "postgresql://nowhere", "kafka": "a:1"}
    settings = ChassisSettings(**told, token_secret=secret, token_secret_also=also)  # type: ignore[arg-type]
    return Desk(None, None, *settings.token_secrets)  # type: ignore[arg-type]


@pytest.mark.parametrize("secrets", [(LAST, NEXT), (NEXT, LAST)])
def test_both_are_accepted_while_one_follows_the_other(secrets: tuple[str, str]) -> None:
    subject = uuid4()
    for signed_with in secrets:
        assert desk(*secrets).verify(mint(signed_with, Role.CITIZEN, subject)).subject == subject


def test_a_third_one_never_is_and_the_last_one_no_longer_once_it_is_taken_out() -> None:
    with pytest.raises(InvalidTokenError):
        desk(LAST, NEXT).verify(mint("a-third-secret-of-thirty-two-bytes!", Role.CITIZEN, uuid4()))
    with pytest.raises(InvalidTokenError):
        desk(NEXT).verify(mint(LAST, Role.CITIZEN, uuid4()))
