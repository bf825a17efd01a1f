"""One message template as it is registered with Zalo, with the limits Zalo puts on it.

Source: Zalo's guide to ZNS templates: a title of 9 to 65 characters, a text of at most 400, a button of 5 to 30, and a
length for each technical type of parameter. The text is registered there; only its parameters travel.
"""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from motcua_chassis.reference_data import Entry

LARGEST_TEXT = 400
"""Characters of title and text as the recipient sees them."""

_PARAMETER = re.compile(r"<([a-z_]+)>")


class ParameterType(StrEnum):
    """Zalo's technical types, as far as we use them."""

    PRODUCT = "product"
    """A name of a thing: for codes that are longer than Zalo's own type for codes allows."""
    CODE = "code"
    STATUS = "status"
    LABEL = "label"
    AMOUNT = "amount"
    """A whole number; Zalo shows it as 1.234.567."""
    TIME = "time"
    """`17:00 22/11/2026` or `22/11/2026`."""
    URL = "url"
    """The end of the button's address."""


LIMITS = {
    ParameterType.PRODUCT: 100,
    ParameterType.CODE: 30,
    ParameterType.STATUS: 30,
    ParameterType.LABEL: 30,
    ParameterType.AMOUNT: 20,
    ParameterType.TIME: 20,
    ParameterType.URL: 200,
}
"""Characters of a value."""


class Parameter(Entry):
    """One place of a template; `value` is a Jinja template of plain text."""

    type: ParameterType
    value: str


class ZnsTemplate(Entry):
    """What Zalo approved under this id."""

    template: Annotated[str, StringConstraints(pattern=r"^[0-9]{5,10}$")]
    title: Annotated[str, Field(min_length=9, max_length=65)]
    text: Annotated[str, Field(min_length=9)]
    button: Annotated[str, Field(min_length=5, max_length=30)]
    parameters: dict[str, Parameter]

    @model_validator(mode="after")
    def _every_parameter_has_its_place(self) -> Self:
        placed = set(_PARAMETER.findall(self.title + self.text))
        shown = {name for name, parameter in self.parameters.items() if parameter.type is not ParameterType.URL}
        if placed != shown:
            raise ValueError(f"template {self.template}: places {sorted(placed)} and parameters {sorted(shown)} differ")
        return self

    def values(self) -> dict[str, str]:
        """The Jinja template of each parameter."""
        return {name: parameter.value for name, parameter in self.parameters.items()}

    def data(self, values: dict[str, str]) -> dict[str, str | int]:
        """`template_data`: values as their types travel. Raises `ValueError` for one that Zalo would refuse."""
        for name, value in values.items():
            if not 0 < len(value) <= LIMITS[self.parameters[name].type]:
                raise ValueError(f"template {self.template}: {name} has {len(value)} characters")
        return {
            name: int(value) if self.parameters[name].type is ParameterType.AMOUNT else value
            for name, value in values.items()
        }

    def shown(self, values: dict[str, str]) -> str:
        """Title and text as the recipient sees them."""
        return _PARAMETER.sub(lambda place: self._shown(place[1], values[place[1]]), f"{self.title}\n{self.text}")

    def _shown(self, name: str, value: str) -> str:
        if self.parameters[name].type is ParameterType.AMOUNT:
            return f"{int(value):,}".replace(",", ".")
        return value
