"""The form of a procedure: its fields, what may stand in them, and its documents; what is checked is not kept."""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from motcua_chassis.reference_data import Entry, Name

ItemCode = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=50)]

CONTACTS: Mapping[str, Name] = {
    "contact.email": Name(vi="Thư điện tử", en="E-mail address"),
    "contact.phone": Name(vi="Số điện thoại", en="Phone number"),
}
"""The items every application has besides its form and documents."""

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters but tab and line breaks; half characters, which no encoding takes."""


class FieldKind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    CHOICE = "choice"


class FieldFault(StrEnum):
    """What can be wrong with a value."""

    REQUIRED = "field-required"
    NOT_TEXT = "field-not-text"
    TOO_LONG = "field-too-long"
    NOT_A_DATE = "field-not-a-date"
    DATE_OUT_OF_RANGE = "field-date-out-of-range"
    NOT_A_NUMBER = "field-not-a-number"
    NUMBER_OUT_OF_RANGE = "field-number-out-of-range"
    NOT_A_CHOICE = "field-not-a-choice"


FAULTS: Mapping[FieldFault, Name] = {
    FieldFault.REQUIRED: Name(vi="phải có nội dung này", en="This is required"),
    FieldFault.NOT_TEXT: Name(vi="phải là văn bản đọc được", en="This must be readable text"),
    FieldFault.TOO_LONG: Name(vi="quá dài", en="This is too long"),
    FieldFault.NOT_A_DATE: Name(vi="phải là ngày dạng năm-tháng-ngày", en="This must be a day as year-month-day"),
    FieldFault.DATE_OUT_OF_RANGE: Name(vi="ngày nằm ngoài khoảng cho phép", en="This day is out of range"),
    FieldFault.NOT_A_NUMBER: Name(vi="phải là số nguyên không âm", en="This must be a whole number, 0 or more"),
    FieldFault.NUMBER_OUT_OF_RANGE: Name(vi="số nằm ngoài khoảng cho phép", en="This number is out of range"),
    FieldFault.NOT_A_CHOICE: Name(vi="không có trong các lựa chọn", en="This is not one of the choices"),
}


class Choice(Entry):
    """One of the values a field may take."""

    code: ItemCode
    name: Name


class FormField(Entry):
    """One field. `minimum` and `maximum` bind a number, `earliest` and `latest` a date, `longest` a text."""

    code: ItemCode
    name: Name
    kind: FieldKind
    required: bool = False
    longest: Annotated[int, Field(ge=1, le=2_000)] = 200
    minimum: Annotated[int, Field(ge=0)] = 0
    maximum: Annotated[int, Field(ge=0)] = 1_000_000_000_000
    earliest: date = date(1900, 1, 1)
    latest: date = date(2100, 12, 31)
    choices: tuple[Choice, ...] = ()

    @model_validator(mode="after")
    def _has_choices_where_it_is_one(self) -> Self:
        if bool(self.choices) != (self.kind is FieldKind.CHOICE):
            raise ValueError(f"a {self.kind.value} field and {len(self.choices)} choices do not go together")
        return self

    def check(self, value: object) -> str | None:
        """The fault of a value as JSON brings it, a `FieldFault`; None where there is none. A blank text is absent."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return FieldFault.REQUIRED if self.required else None
        match self.kind:
            case FieldKind.TEXT:
                return self._check_text(value)
            case FieldKind.DATE:
                return self._check_date(value)
            case FieldKind.NUMBER:
                return self._check_number(value)
            case FieldKind.CHOICE:
                return None if any(value == choice.code for choice in self.choices) else FieldFault.NOT_A_CHOICE

    def _check_text(self, value: object) -> FieldFault | None:
        if not isinstance(value, str) or _UNPRINTABLE.search(value):
            return FieldFault.NOT_TEXT
        return FieldFault.TOO_LONG if len(value) > self.longest else None

    def _check_date(self, value: object) -> FieldFault | None:
        if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
            return FieldFault.NOT_A_DATE
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return FieldFault.NOT_A_DATE
        return None if self.earliest <= day <= self.latest else FieldFault.DATE_OUT_OF_RANGE

    def _check_number(self, value: object) -> FieldFault | None:
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            return FieldFault.NOT_A_NUMBER
        return None if self.minimum <= value <= self.maximum else FieldFault.NUMBER_OUT_OF_RANGE


class DocumentType(Entry):
    """A document that goes with an application. `note` says when or in what shape, where the name does not."""

    code: ItemCode
    name: Name
    required: bool = False
    note: Name | None = None
