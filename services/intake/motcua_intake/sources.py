"""Where intake's reference data is, and how it cites where it comes from: with the act's title, for people read it."""

from importlib.resources import files

from motcua_chassis import legal_acts
from motcua_chassis.reference_data import Name

PACKAGED = files("motcua_intake") / "reference"


class Citation(legal_acts.Citation):
    """The act a limit, a rule or a paper comes from."""

    title: Name
