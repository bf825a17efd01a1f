"""What decisions go by besides the state: the catalogue, the calendar, and for rehearsals a shorter wait."""

from datetime import datetime, timedelta
from typing import NamedTuple

from motcua_chassis.message import Refusal
from motcua_intake.application import Application
from motcua_intake.deadline import Limit, deadline
from motcua_intake.reference import Procedure, Procedures
from motcua_intake.working_calendar import WorkingCalendar


class Rules(NamedTuple):
    """Everything a decision may look at."""

    procedures: Procedures
    calendar: WorkingCalendar
    supplement_window: timedelta | None = None
    """Rehearsals: how long a citizen has for a supplement, whatever the procedure says."""

    def procedure(self, state: Application) -> Procedure | None:
        """The procedure as it stood on the day of submission."""
        if state.dossier is None or state.submitted_on is None:
            return None
        return self.procedures.find(state.dossier.procedure, state.submitted_on)

    def due_at(self, limit: Limit) -> datetime:
        """When a limit that does not stand still runs out."""
        found = deadline(limit, self.calendar).due_at
        if found is None:
            raise ValueError("a time limit that stands still does not run out")
        return found


def not_in_force(state: Application) -> Refusal:
    """The refusal where the catalogue lost the procedure that applies."""
    return Refusal("procedure-not-in-force", {"procedure": state.dossier.procedure if state.dossier else ""})
