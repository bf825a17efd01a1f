"""A type that can hold words a person wrote is refused while the class is being defined."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, NewType, Optional
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError, create_model
from pydantic.types import StringConstraints

from motcua_contracts import CATALOGUE, Event, Part, Stream
from motcua_contracts.vocabulary import AgencyCode, Dossier, LegalAct, ProviderReference, Vnd


class Colour(StrEnum):
    RED = "red"


class Foreign(BaseModel):
    words: str


Code = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Alias = NewType("Alias", str)

OPEN = [
    str,
    str | None,
    Optional[str],  # noqa: UP045
    list[str],
    list[Code],
    list,
    dict,
    dict[str, int],
    dict[str, Any],
    Mapping[str, int],
    Sequence[str],
    set[str],
    tuple,
    tuple[str, ...],
    tuple[int, str],
    tuple[tuple[str, ...], ...],
    tuple[Code | str, ...],
    Code | str,
    Any,
    object,
    bytes,
    float | bytes,
    Foreign,
    tuple[Foreign, ...],
    SecretStr,
    Alias,
    datetime,
    datetime | None,
    Annotated[str, StringConstraints(max_length=5)],
    Annotated[str, StringConstraints(pattern=r".*")],
    Annotated[str, StringConstraints(pattern=r"^.{1,40}$")],
    Annotated[str, StringConstraints(pattern=r"[A-Z]")],
    Annotated[str, StringConstraints(pattern=r"^\w+$")],
    Annotated[str, StringConstraints(pattern=r"^\S+@\S+$")],
    Annotated[str, Field(description="a name")],
    Annotated[tuple[str, ...], Field(max_length=3)],
]

CLOSED = [
    Code,
    Code | None,
    Annotated[str, Field(pattern=r"^[0-9]{4}$")],
    Annotated[str | None, Field(pattern=r"^[0-9]{4}$")],
    Annotated[str, StringConstraints(pattern=re.compile(r"^[0-9]{4}$"))],
    tuple[Code, ...],
    tuple[tuple[Code, int], ...],
    Colour,
    Literal["red", "green"],
    UUID,
    int,
    bool,
    date,
    AwareDatetime,
    AwareDatetime | None,
    Dossier,
    tuple[Dossier, ...],
    Vnd,
]


@pytest.mark.parametrize("annotation", OPEN, ids=str)
def test_a_field_that_can_hold_free_text_or_a_naive_time_is_refused(annotation: Any) -> None:
    with pytest.raises(TypeError, match=r"Loose\.field can hold free text"):
        create_model("Loose", __base__=Part, field=(annotation, ...))


@pytest.mark.parametrize("annotation", CLOSED, ids=str)
def test_a_bound_field_is_allowed(annotation: Any) -> None:
    create_model("Bound", __base__=Part, field=(annotation, ...))


def test_a_field_default_does_not_open_the_door() -> None:
    with pytest.raises(TypeError, match="free text"):
        create_model("Loose", __base__=Part, field=(str, "harmless"))


def test_a_refused_event_does_not_enter_the_catalogue() -> None:
    with pytest.raises(TypeError, match=r"Complained\.words can hold free text"):

        class Complained(Event, stream=Stream.INTAKE, name="complained"):
            words: str

    assert "vn.motcua.intake.complained.v1" not in CATALOGUE


def test_two_events_cannot_share_a_type() -> None:
    with pytest.raises(TypeError, match="is already PaymentSettled"):

        class Settled(Event, stream=Stream.PAYMENT, name="settled"):
            amount: Vnd


@pytest.mark.parametrize("config", [ConfigDict(extra="allow"), ConfigDict(extra="forbid"), ConfigDict(frozen=False)])
def test_a_part_cannot_keep_unknown_fields_or_thaw(config: ConfigDict) -> None:
    with pytest.raises(TypeError, match="must stay frozen and ignore unknown fields"):
        type("Odd", (Part,), {"model_config": config, "__module__": __name__})


@pytest.mark.parametrize(
    ("code", "good", "bad"),
    [
        (AgencyCode, ["G09", "H29.25.12", "H55.242"], ["H2", "h29", "H29.", "H29 Nguyễn", "H29\n"]),
        (LegalAct, ["85/2019/TT-BTC", "97/2015/QH13", "766/QĐ-TTg", "15/2024/NQ-HĐND"], ["Nghị quyết 15", "15/24/NQ"]),
        (
            ProviderReference,
            ["<01a12dbf-8e7f-7eb8-a7ff-7e9c4db46e94@motcua.example>", "4Zq2Xy"],
            ["an.nguyen@example.vn", "<an@example.vn>", "sent to An"],
        ),
    ],
    ids=["agency", "act", "reference"],
)
def test_codes_take_what_the_field_writes_and_nothing_else(code: Any, good: list[str], bad: list[str]) -> None:
    adapter = TypeAdapter(code)
    assert [adapter.validate_python(value) for value in good] == good
    for value in bad:
        with pytest.raises(ValidationError):
            adapter.validate_python(value)
