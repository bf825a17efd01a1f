"""Intake's vault without intake, and people in it; all synthetic."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from motcua_chassis.claim_check import Applicants

AN = {"full_name": "NGUYỄN VĂN AN", "email": "an@example.vn", "phone": "+84901234567"}


class People(Applicants):
    """Answers about every application with the same person, or raises."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        super().__init__("http://127.0.0.1:9", "notification", lambda: "token")
        self.answer = answer
        self.quoted: set[UUID] = set()

    async def of(self, application: UUID, notes: Collection[UUID] = ()) -> dict[str, Any]:  # noqa: ARG002
        self.quoted = set(notes)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer
