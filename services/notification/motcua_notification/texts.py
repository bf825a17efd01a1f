"""Writes short messages: the text of an SMS, and what Zalo is given for its template.

Invariant: an SMS is unaccented and has at most three parts. It is never cut: one that were too long is not written.
"""

from typing import NamedTuple
from uuid import UUID

from motcua_contracts import NotificationRequested
from motcua_notification import gsm
from motcua_notification.wordings import Wordings
from motcua_notification.zns_template import LARGEST_TEXT

MOST_PARTS = 3
"""What Vietnamese operators take under a brand name."""


class ZnsMessage(NamedTuple):
    """What Zalo is given, and what the recipient will see of it."""

    template: str
    data: dict[str, str | int]
    shown: str


class Texts:
    """Neither names anybody: a telephone is read by whoever holds it."""

    def __init__(self, wordings: Wordings) -> None:
        self._wordings = wordings

    def sms(self, request: NotificationRequested, application: UUID) -> str:
        """Raises `ValueError` for a text that is too long, and as `Wordings.letter` does."""
        text = gsm.unaccent(self._wordings.text(request, application))
        if gsm.parts(text) > MOST_PARTS:
            raise ValueError(f"{request.template}: {gsm.length(text)} characters")
        return text

    def zns(self, request: NotificationRequested, application: UUID) -> ZnsMessage:
        """Raises `ValueError` for a message beyond Zalo's limits, and as `Wordings.letter` does."""
        template, values = self._wordings.zns(request, application)
        shown = template.shown(values)
        if len(shown) > LARGEST_TEXT:
            raise ValueError(f"{request.template}: {len(shown)} characters")
        return ZnsMessage(template.template, template.data(values), shown)
