"""The token notification shows to intake: signed once for many calls, renewed long before it lapses."""

import time
from datetime import timedelta

from motcua_chassis.identifiers import name_id
from motcua_chassis.principals import Role, mint

SUBJECT = name_id("service", "notification")
_LIFETIME = timedelta(hours=1)
_RENEW_SECONDS = 600.0


class ServiceToken:
    """Called for the token of the moment."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._token = ""
        self._renew_at = 0.0

    def __call__(self) -> str:
        if not self._token or time.monotonic() >= self._renew_at:
            self._token = mint(self._secret, Role.SERVICE, SUBJECT, lifetime=_LIFETIME)
            self._renew_at = time.monotonic() + _RENEW_SECONDS
        return self._token
