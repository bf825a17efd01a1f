"""What may stand in a field, and which items an application has."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from motcua_chassis.reference_data import Name
from motcua_contracts.vocabulary import FormItem
from motcua_intake.form import FAULTS, Choice, FieldFault, FieldKind, FormField
from motcua_intake.reference import load_procedures

NAME = Name(vi="Ô", en="Field")
TEXT = FormField(code="a", name=NAME, kind=FieldKind.TEXT, longest=5)
NUMBER = FormField(code="a", name=NAME, kind=FieldKind.NUMBER, minimum=1, maximum=20)
DAY = FormField(code="a", name=NAME, kind=FieldKind.DATE, earliest=date(2000, 1, 1))
CHOICE = FormField(code="a", name=NAME, kind=FieldKind.CHOICE, choices=(Choice(code="yes", name=NAME),))


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        (TEXT, "Đỗ Ân", None),
        (TEXT, "a\nb", None),
        (TEXT, "dài quá", FieldFault.TOO_LONG),
        (TEXT, "a\x00b", FieldFault.NOT_TEXT),
        (TEXT, "a\ud800", FieldFault.NOT_TEXT),
        (TEXT, 5, FieldFault.NOT_TEXT),
        (NUMBER, 20, None),
        (NUMBER, "20", None),
        (NUMBER, 21, FieldFault.NUMBER_OUT_OF_RANGE),
        (NUMBER, 0, FieldFault.NUMBER_OUT_OF_RANGE),
        (NUMBER, -1, FieldFault.NOT_A_NUMBER),
        (NUMBER, True, FieldFault.NOT_A_NUMBER),
        (NUMBER, 2.0, FieldFault.NOT_A_NUMBER),
        (NUMBER, "٣", FieldFault.NOT_A_NUMBER),
        (NUMBER, "9" * 5_000, FieldFault.NOT_A_NUMBER),
        (DAY, "2026-11-22", None),
        (DAY, "22/11/2026", FieldFault.NOT_A_DATE),
        (DAY, "2026-02-30", FieldFault.NOT_A_DATE),
        (DAY, "1999-12-31", FieldFault.DATE_OUT_OF_RANGE),
        (DAY, 20261122, FieldFault.NOT_A_DATE),
        (CHOICE, "yes", None),
        (CHOICE, "no", FieldFault.NOT_A_CHOICE),
        (CHOICE, ["yes"], FieldFault.NOT_A_CHOICE),
    ],
)
def test_a_value_is_checked_by_its_kind(field: FormField, value: Any, fault: str | None) -> None:
    assert field.check(value) == fault


@pytest.mark.parametrize("absent", [None, "", "  "])
def test_only_a_required_field_may_not_stay_empty(absent: Any) -> None:
    assert TEXT.check(absent) is None
    assert TEXT.model_copy(update={"required": True}).check(absent) == FieldFault.REQUIRED


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda parts: st.lists(parts, max_size=3)
)


@given(st.sampled_from([TEXT, NUMBER, DAY, CHOICE]), json_values)
def test_whatever_is_sent_is_either_right_or_a_fault_with_words(field: FormField, value: Any) -> None:
    fault = field.check(value)
    assert fault is None or FAULTS[FieldFault(fault)].vi


def test_every_fault_has_words() -> None:
    assert set(FAULTS) == set(FieldFault)


@pytest.mark.parametrize("kind", [FieldKind.TEXT, FieldKind.CHOICE])
def test_choices_and_only_they_have_choices(kind: FieldKind) -> None:
    choices = () if kind is FieldKind.CHOICE else CHOICE.choices
    with pytest.raises(ValidationError, match="do not go together"):
        FormField(code="a", name=NAME, kind=kind, choices=choices)


def test_an_application_has_the_items_of_its_procedure_and_the_contacts() -> None:
    birth = load_procedures().find("1.001193", date(2026, 11, 22))
    assert birth is not None
    for item in ("field.child-name", "document.proof-of-birth", "contact.email", "contact.phone"):
        assert birth.has_item(item)
    for item in ("field.proof-of-birth", "document.child-name", "contact.fax", "contact", "", "field."):
        assert not birth.has_item(item)
    named = birth.item_name("document.proof-of-birth")
    assert named == Name(vi="Giấy chứng sinh", en="Proof of birth")


def test_every_item_we_ship_can_travel_in_an_event_and_few_are_required() -> None:
    travels = TypeAdapter(FormItem)
    for procedure in load_procedures():
        assert procedure.form
        assert procedure.documents
        assert procedure.dossier_citation is not None
        for item in [f"field.{it.code}" for it in procedure.form] + [
            f"document.{it.code}" for it in procedure.documents
        ]:
            assert travels.validate_python(item) == item
            assert procedure.has_item(item)
        assert 1 <= len(procedure.required_items()) <= 2
