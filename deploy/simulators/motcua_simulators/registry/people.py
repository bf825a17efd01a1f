"""The synthetic people that the registry knows, and how it misbehaves over some of them."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from motcua_simulators.behaviour import NORMAL, Behaviour, Setting
from motcua_simulators.registry.modes import MODES

PersonalNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
IdentityCard = Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")]


class Person(BaseModel):
    """A citizen as the registry holds them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    personal_number: PersonalNumber
    full_name: str
    date_of_birth: date
    gender: Literal["male", "female"]
    identity_card: IdentityCard | None = None
    behaviour: Setting | None = Field(default=None, description="How look-ups of this person misbehave.")

    @field_validator("behaviour")
    @classmethod
    def _known(cls, setting: Setting | None) -> Setting | None:
        if setting is not None and setting.mode not in (NORMAL, *MODES):
            raise ValueError(f"mode {setting.mode!r} is unknown here; one of: {', '.join((NORMAL, *MODES))}")
        return setting

    def twin(self) -> "Person":
        """Somebody else who was given the same number."""
        born = self.date_of_birth.replace(year=max(1, self.date_of_birth.year - 1), day=1)
        return self.model_copy(update={"full_name": f"{self.full_name} MẪU", "date_of_birth": born})

    def reborn(self) -> "Person":
        """The same person with another day of birth."""
        day = 1 if self.date_of_birth.day > 1 else 2
        return self.model_copy(update={"date_of_birth": self.date_of_birth.replace(day=day)})


STRANGER = Person(
    personal_number="001199000001", full_name="NGUYỄN THỊ MẪU", date_of_birth=date(1999, 9, 9), gender="female"
)
"""Whose record is given for another's when nobody else is known."""


class People:
    """Everybody known here; a number added twice keeps its last record and starts its behaviour anew."""

    def __init__(self) -> None:
        self._by_number: dict[str, Person] = {}
        self._behaviours: dict[str, Behaviour] = {}

    def add(self, people: Iterable[Person]) -> None:
        for person in people:
            self._by_number[person.personal_number] = person
            if person.identity_card is not None:
                self._by_number[person.identity_card] = person
            self._behaviours.pop(person.personal_number, None)
            if person.behaviour is not None:
                own = self._behaviours[person.personal_number] = Behaviour(MODES)
                own.set(person.behaviour)

    def find(self, number: str) -> Person | None:
        return self._by_number.get(number)

    def behaviour_of(self, person: Person | None) -> Behaviour | None:
        """The behaviour this person was added with; None where there is nothing special."""
        return None if person is None else self._behaviours.get(person.personal_number)

    def other_than(self, number: str) -> Person:
        person = self.find(number)
        return next((other for other in self._by_number.values() if other != person), STRANGER)
