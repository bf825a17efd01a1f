"""One order of an officer about one application: found, its words sealed, handed to the path."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from motcua_chassis.http import AtDesk, Officer, OptionalKey
from motcua_intake import notes
from motcua_intake.access import ByCode, to_serve
from motcua_intake.citizens import step
from motcua_intake.commands import SealedWords
from motcua_intake.store import Address


@dataclass(frozen=True, slots=True)
class Order:
    """What every order comes with; a route adds its form. Asks the database nothing before the form was checked."""

    dossier_code: ByCode
    request: Request
    desk: AtDesk
    officer: Officer
    key: OptionalKey = None

    async def address(self) -> Address:
        """The application. Raises `ProblemError` where it is none of this officer's."""
        return await to_serve(self.desk.pool, self.dossier_code, self.officer)

    def seal(self, address: Address, words: str | None) -> SealedWords | None:
        """The officer's words. Raises `ProblemError` once the applicant is erased."""
        return notes.seal(self.request.app.state.service, address, words)

    async def submit(self, command: Any, address: Address) -> Response:
        """Where the application stands then. Raises `ProblemError`."""
        return await step(command, address.application_id, self.request, self.desk, self.officer, self.key)


AnOrder = Annotated[Order, Depends(Order)]
