"""One rule: when this event happens, the applicant is told about this topic by this template. Data, not code.

Invariant: a rule that could be read fits its event; what it names exists there and is of the type its fact holds.
"""

from types import UnionType
from typing import Annotated, Any, Self, Union, get_args, get_origin

from pydantic import BeforeValidator, Field, model_validator

from motcua_chassis.legal_acts import Citation
from motcua_chassis.reference_data import Dated
from motcua_contracts import CATALOGUE, Dossier, Event, Facts, Medium, Topic
from motcua_contracts.vocabulary import RuleId, TemplateId

FieldPath = Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)*$", max_length=100)]


def _event(value: Any) -> Any:
    if isinstance(value, str) and value not in CATALOGUE:
        raise ValueError(f"{value} is no event of the contracts")
    return CATALOGUE[value] if isinstance(value, str) else value


class Rule(Dated):
    """Who is told what, when."""

    id: RuleId
    event: Annotated[type[Event], BeforeValidator(_event)]
    topic: Topic
    template: TemplateId
    facts: dict[str, FieldPath] = Field(default_factory=dict)
    """What the message may mention: name of the fact -> where it stands in the event."""
    number: FieldPath | None = None
    """Where the event says which occasion of the topic this is; without it there is one only."""
    given: tuple[FieldPath, ...] = ()
    """Fields without which there is nobody to tell."""
    mediums: Annotated[tuple[Medium, ...], Field(min_length=1)]
    required: Citation | None = None
    """The law wants the applicant told: opting out of e-mail does not stop it."""

    @model_validator(mode="after")
    def _fits_its_event(self) -> Self:
        faults = [*self._faults_of_facts(), *self._faults_of_dossier()]
        paths = [*self.given, *([self.number] if self.number else [])]
        faults += [f"{self.event.type} has no field {path}" for path in paths if _typed(self.event, path) is None]
        if self.number is not None and _typed(self.event, self.number) not in (int, None):
            faults.append(f"number: {self.number} is not a whole number in every {self.event.type}")
        if Medium.EMAIL not in self.mediums or len(set(self.mediums)) < len(self.mediums):
            faults.append("mediums: each at most once, and e-mail among them, for it is what is left in the end")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _faults_of_facts(self) -> list[str]:
        faults = []
        for name, path in self.facts.items():
            found = _typed(self.event, path)
            if name not in Facts.model_fields:
                faults.append(f"facts: there is no fact {name}")
            elif found is None:
                faults.append(f"facts: {self.event.type} has no field {path}")
            elif _bare(found) != _bare(_typed(Facts, name)):
                faults.append(f"facts: {name} cannot hold {path} of {self.event.type}")
        return faults

    def _faults_of_dossier(self) -> list[str]:
        found = _typed(self.event, "dossier")
        if _bare(found) is not Dossier:
            return [f"{self.event.type} names no dossier: nobody could be told"]
        if found is not Dossier and "dossier" not in self.given:
            return [f"{self.event.type} may come without a dossier: add `given: [dossier]`"]
        return []

    def concerns(self, event: Event) -> bool:
        """Whether everything is there without which nobody can be told."""
        return all(_read(event, path) is not None for path in self.given)

    def number_of(self, event: Event) -> int:
        """Which occasion of the topic this event is."""
        return 1 if self.number is None else int(_read(event, self.number))

    def facts_of(self, event: Event) -> Facts:
        """The facts that this event gives."""
        return Facts(**{name: _read(event, path) for name, path in self.facts.items()})


def _read(event: Any, path: str) -> Any:
    for name in path.split("."):
        if event is None:
            return None
        event = getattr(event, name)
    return event


def _typed(model: Any, path: str) -> Any:
    """The annotation that `path` leads to; None where it leads nowhere."""
    for name in path.split("."):
        fields = getattr(_bare(model), "model_fields", {})
        if name not in fields:
            return None
        model = fields[name].annotation
    return model


def _bare(annotation: Any) -> Any:
    """Without constraints and without None."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        arms = [arm for arm in get_args(annotation) if arm is not type(None)]
        return _bare(arms[0]) if len(arms) == 1 else annotation
    return annotation
