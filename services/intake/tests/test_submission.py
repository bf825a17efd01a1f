"""What can be wrong with a submission is told at once, at its place, in both languages."""

from typing import Any

import pytest
from pydantic import ValidationError

from motcua_contracts import Channel, FeeBasis
from motcua_intake.submission import CounterSubmission, FeeForm, Submission
from services.intake.tests.office import Office, submission


def faults(body: Any) -> set[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        Submission.model_validate(body)
    return {("/" + "/".join(map(str, error["loc"])), error["type"]) for error in caught.value.errors()}


def changed(**leaves: Any) -> dict[str, Any]:
    """A submission with these leaves changed; `fee__pages=0` reaches into `fee`."""
    body = submission()
    for path, value in leaves.items():
        *outer, name = path.split("__")
        place = body
        for part in outer:
            place = place[part]
        place[name] = value
    return body


def test_at_the_counter_a_channel_must_be_one_of_the_procedures() -> None:
    assert CounterSubmission.model_validate(submission(channel="in-person")).channel is Channel.IN_PERSON
    with pytest.raises(ValidationError, match="cannot be filed through this channel"):
        CounterSubmission.model_validate(submission(channel="post"))


def test_a_submission_without_fault_passes() -> None:
    assert Submission.model_validate(submission()).applicant.full_name == "NGUYỄN VĂN AN"


@pytest.mark.parametrize(
    ("leaves", "expected"),
    [
        ({"procedure": "9.999999"}, ("/procedure", "procedure-unknown")),
        ({"procedure": "abc"}, ("/procedure", "string_pattern_mismatch")),
        ({"agency": "H99.1"}, ("/agency", "agency-unknown")),
        ({"agency": "G01.29.12"}, ("/agency", "agency-does-not-take-procedure")),
        ({"channel": "post"}, ("/channel", "channel-not-on-portal")),
        ({"fee__beneficiary": "student"}, ("/fee/beneficiary", "beneficiary-not-applicable")),
        ({"fee__conditions": ["late-registration"]}, ("/fee/conditions/0", "condition-not-applicable")),
        ({"fee__pages": 0}, ("/fee/pages", "greater_than_equal")),
        ({"fee__pages": "4"}, ("/fee/pages", "int_type")),
        ({"applicant__personal_number": "12"}, ("/applicant/personal_number", "string_pattern_mismatch")),
        (
            {"applicant__personal_number": "079085000999"},
            ("/applicant/personal_number", "personal-number-birth-year-differs"),
        ),
        ({"applicant__date_of_birth": "02/05/1984"}, ("/applicant/date_of_birth", "date_parsing")),
        ({"applicant__date_of_birth": 452304000}, ("/applicant/date_of_birth", "date_parsing")),
        ({"applicant__full_name": "An <b>"}, ("/applicant/full_name", "string_pattern_mismatch")),
        ({"applicant__full_name": "An\u0000"}, ("/applicant/full_name", "string_pattern_mismatch")),
        ({"applicant__email": "an@example.vn\r\nBcc: x@y.vn"}, ("/applicant/email", "string_pattern_mismatch")),
        ({"applicant__phone": "0901234567"}, ("/applicant/phone", "string_pattern_mismatch")),
        ({"applicant__nickname": "An"}, ("/applicant/nickname", "extra_forbidden")),
        ({"applicant__contact_by": ["fax"]}, ("/applicant/contact_by/0", "enum")),
        ({"applicant__contact_by": ["sms", "sms"]}, ("/applicant/contact_by/1", "contact-by-twice")),
        (
            {"applicant__phone": None, "applicant__contact_by": ["email", "zns"]},
            ("/applicant/contact_by/1", "contact-by-without-address"),
        ),
        ({"form": {"nothing-such": "x"}}, ("/form/nothing-such", "field-unknown")),
        ({"form": {"purpose": 3}}, ("/form/purpose", "field-not-text")),
        ({"form": {"purpose": "x" * 201}}, ("/form/purpose", "field-too-long")),
        ({"form": {"purpose": "\u0000"}}, ("/form/purpose", "field-not-text")),
        ({"form": {"purpose": 10**30}}, ("/form/purpose", "less_than_equal")),
        ({"documents": {}}, ("/documents/original", "document-required")),
        ({"documents": {"original": "x"}}, ("/documents/original", "uuid_parsing")),
        (
            {"representative": {"full_name": "TRẦN THỊ BÌNH", "personal_number": "1", "relation": "parent"}},
            ("/representative/personal_number", "string_pattern_mismatch"),
        ),
    ],
)
def test_each_fault_is_told_at_its_place(leaves: dict[str, Any], expected: tuple[str, str]) -> None:
    assert faults(changed(**leaves)) == {expected}


def test_nobody_is_born_tomorrow() -> None:
    found = faults(changed(applicant__date_of_birth="2999-01-01", applicant__personal_number="079999000999"))
    assert ("/applicant/date_of_birth", "date-of-birth-impossible") in found


def test_faults_of_form_and_of_substance_are_told_together() -> None:
    body = changed(
        agency="G01.29.12",
        language="fr",
        fee__pages=0,
        fee__beneficiary="student",
        applicant__personal_number="079085000999",
        applicant__nickname="An",
    )
    assert faults(body) == {
        ("/agency", "agency-does-not-take-procedure"),
        ("/language", "enum"),
        ("/fee/pages", "greater_than_equal"),
        ("/fee/beneficiary", "beneficiary-not-applicable"),
        ("/applicant/personal_number", "personal-number-birth-year-differs"),
        ("/applicant/nickname", "extra_forbidden"),
    }


@pytest.mark.parametrize("body", [None, [], "x", 3, {}, {"applicant": 3}, {"fee": []}, {"procedure": {}}])
def test_a_body_of_another_shape_is_a_fault_too(body: Any) -> None:
    assert faults(body)


def test_the_fee_form_has_the_limits_of_the_event() -> None:
    form, event = FeeForm.model_json_schema()["properties"], FeeBasis.model_json_schema()["properties"]
    for name in ("pages", "copies"):
        assert {k: form[name][k] for k in ("minimum", "maximum")} == {k: event[name][k] for k in ("minimum", "maximum")}
    assert {*form, "submitted_on"} == set(event)


async def test_the_problem_names_header_and_body_faults_in_both_languages_and_stores_nothing(office: Office) -> None:
    body = changed(procedure="9.999999", fee__copies=0)
    answer = await office.client.post("/applications", json=body, headers=office.as_citizen())
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {fault["pointer"] for fault in problem["faults"]} == {"header:Idempotency-Key", "/procedure", "/fee/copies"}
    unknown = next(fault for fault in problem["faults"] if fault["pointer"] == "/procedure")
    assert (unknown["code"], unknown["en"]) == ("procedure-unknown", "No such procedure is in force")
    assert unknown["vi"] == "thủ tục không có trong danh mục hiện hành"
    for table in ("applications", "commands", "outbox", "vault", "aggregates"):
        assert await office.pool.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608


async def test_the_problem_does_not_repeat_what_was_sent(office: Office) -> None:
    body = changed(applicant__personal_number="07908400099x", applicant__email="not an address")
    answer = await office.client.post("/applications", json=body, headers=office.as_citizen(key="a-good-key"))
    assert answer.status_code == 422
    assert "07908400099x" not in answer.text
    assert "not an address" not in answer.text


def test_somebody_without_any_address_cannot_be_told_anything() -> None:
    body = changed(applicant__phone=None, applicant__email=None)
    assert faults(body) == {("/applicant", "no-contact")}
    del body["applicant"]["phone"], body["applicant"]["email"]
    assert faults(body) == {("/applicant", "no-contact")}


def test_a_malformed_address_is_told_as_malformed_and_not_as_missing() -> None:
    assert faults(changed(applicant__phone=None, applicant__email="x")) == {
        ("/applicant/email", "string_pattern_mismatch")
    }


def test_one_upload_cannot_be_two_documents() -> None:
    one = "00000000-0000-0000-0000-000000000005"
    assert faults(changed(documents={"original": one, "copy": one})) == {
        ("/documents/original", "upload-twice"),
        ("/documents/copy", "upload-twice"),
    }


def test_a_required_field_is_missing_where_it_is_blank() -> None:
    household = {"procedure": "1.001612", "documents": {}, "fee": {}}
    for form in ({}, {"business-name": "  "}):
        assert ("/form/business-name", "field-required") in faults(changed(**household, form=form))
