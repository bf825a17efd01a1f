"""The synthetic people that the registry knows, by personal number and by old identity card number."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

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


STRANGER = Person(
    personal_number="001199000001", full_name="NGUYỄN THỊ MẪU", date_of_birth=date(1999, 9, 9), gender="female"
)
"""Whose record is given for another's when nobody else is known."""


class People:
    """Everybody known here; a number added twice keeps its last record."""

    def __init__(self) -> None:
        self._by_number: dict[str, Person] = {}

    def add(self, people: Iterable[Person]) -> None:
        for person in people:
            self._by_number[person.personal_number] = person
            if person.identity_card is not None:
                self._by_number[person.identity_card] = person

    def find(self, number: str) -> Person | None:
        return self._by_number.get(number)

    def other_than(self, number: str) -> Person:
        person = self.find(number)
        return next((other for other in self._by_number.values() if other != person), STRANGER)
