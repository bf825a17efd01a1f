"""One name, several versions: what was recorded in an old one is read as the newest, and nothing new is said in it."""

import ast
import json
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import pytest

from motcua_contracts import (
    CATALOGUE,
    Dossier,
    Event,
    Gateway,
    LateReason,
    PaymentReceivedLate,
    PaymentSettled,
    PaymentUnapplied,
    RefundReason,
    Stream,
    UnappliedReason,
    upcast,
)
from motcua_contracts.vocabulary import Channel

ROOT = Path(__file__).parents[2]
RECORDED = json.loads((ROOT / "contracts/examples/vn.motcua.payment.received-late.v1.json").read_text("utf-8"))
DOSSIER = Dossier(
    code="H29.25.12-261207-0001",
    applicant_id=UUID(int=1),
    procedure="2.000815",
    agency="H29.25.12",
    channel=Channel.ONLINE,
)


def _late(reason: LateReason, dossier: Dossier | None) -> PaymentReceivedLate:
    return PaymentReceivedLate.model_validate(
        {
            "order": "019a0000000000000000000000000001",
            "amount": 8000,
            "gateway": Gateway.VNPAY,
            "transaction": "14422574",
            "reason": reason,
            "paid_at": "2026-12-08T09:00:00+07:00",
            "dossier": dossier,
        }
    )


def test_every_version_is_in_the_catalogue_and_knows_its_neighbours() -> None:
    assert CATALOGUE["vn.motcua.payment.received-late.v1"] is PaymentReceivedLate
    assert CATALOGUE["vn.motcua.payment.received-late.v2"] is PaymentUnapplied
    assert (PaymentReceivedLate.successor, PaymentUnapplied.predecessor) == (PaymentUnapplied, PaymentReceivedLate)
    assert (PaymentReceivedLate.predecessor, PaymentUnapplied.successor) == (None, None)


def test_what_was_recorded_as_version_1_is_read_as_version_2() -> None:
    assert RECORDED
    for example in RECORDED:
        read = upcast(CATALOGUE[example["type"]].model_validate_json(json.dumps(example["data"])))
        assert isinstance(read, PaymentUnapplied)
        assert read.reason is UnappliedReason.EXPIRED
        kept = example["data"].keys() - {"reason"}
        assert {name: read.model_dump(mode="json", exclude_none=True)[name] for name in kept} == {
            name: example["data"][name] for name in kept
        }


@pytest.mark.parametrize(
    ("old", "dossier", "new", "owed"),
    [
        (LateReason.EXPIRED, DOSSIER, UnappliedReason.EXPIRED, None),
        (LateReason.PAID_TWICE, DOSSIER, UnappliedReason.PAID_TWICE, None),
        (LateReason.WRONG_AMOUNT, DOSSIER, UnappliedReason.WRONG_AMOUNT, None),
        (LateReason.CANCELLED, DOSSIER, UnappliedReason.CANCELLED, None),
        (LateReason.NOT_OWED, DOSSIER, UnappliedReason.WAIVED, 0),
        (LateReason.NOT_OWED, None, UnappliedReason.NEVER_BILLED, 0),
    ],
)
def test_each_old_reason_has_its_new_one(
    old: LateReason, dossier: Dossier | None, new: UnappliedReason, owed: int | None
) -> None:
    read = upcast(_late(old, dossier))
    assert isinstance(read, PaymentUnapplied)
    assert (read.reason, read.owed, read.dossier) == (new, owed, dossier)


def test_upcasting_is_total_over_every_reason() -> None:
    for reason in LateReason:
        for dossier in (None, DOSSIER):
            assert isinstance(upcast(_late(reason, dossier)), PaymentUnapplied)


def test_every_reason_but_those_of_nothing_owed_is_a_reason_for_a_refund() -> None:
    unowed = {UnappliedReason.NEVER_BILLED, UnappliedReason.WAIVED}
    assert {reason.value for reason in set(UnappliedReason) - unowed} <= {reason.value for reason in RefundReason}


def test_the_newest_version_is_left_as_it_is() -> None:
    newest = upcast(_late(LateReason.EXPIRED, DOSSIER))
    assert upcast(newest) is newest


def test_a_first_version_has_nothing_to_upcast() -> None:
    with pytest.raises(NotImplementedError, match="PaymentSettled is a first version"):
        PaymentSettled.upcast(None)


def _declare(version: int, body: dict[str, Any] | None = None, **keywords: Any) -> Any:
    namespace = {"__module__": __name__, "__doc__": "Odd.", "__annotations__": {}} | (body or {})
    return type("Odd", (Event,), namespace, stream=Stream.PAYMENT, name="settled", version=version, **keywords)


def _upcast(cls: type[Any], older: Any) -> Any:
    raise AssertionError


@pytest.mark.parametrize(
    ("version", "body", "keywords"),
    [
        (2, {"upcast": classmethod(_upcast)}, {}),
        (2, {}, {"upcasts": PaymentSettled}),
        (3, {"upcast": classmethod(_upcast)}, {"upcasts": PaymentSettled}),
        (2, {"upcast": classmethod(_upcast)}, {"upcasts": PaymentReceivedLate}),
        (1, {"upcast": classmethod(_upcast)}, {"upcasts": PaymentSettled}),
    ],
    ids=["no predecessor", "no upcaster", "a gap", "another name", "a first version"],
)
def test_a_version_without_its_way_from_the_one_before_is_no_event(
    version: int, body: dict[str, Any], keywords: dict[str, Any]
) -> None:
    before = dict(CATALOGUE)
    with pytest.raises(TypeError, match=rf"Odd is version {version} of settled: give it upcasts="):
        _declare(version, body, **keywords)
    assert before == CATALOGUE
    assert PaymentSettled.successor is None


def test_three_versions_are_upcast_step_by_step() -> None:
    class Third(
        PaymentUnapplied.__mro__[1], stream=Stream.PAYMENT, name="received-late", version=3, upcasts=PaymentUnapplied
    ):  # type: ignore[misc]
        """A version of tomorrow."""

        amount: int

        @classmethod
        def upcast(cls, older: PaymentUnapplied) -> Self:
            return cls(amount=older.amount)

    try:
        assert upcast(_late(LateReason.EXPIRED, DOSSIER)) == Third(amount=8000)
    finally:
        del CATALOGUE[Third.type]
        PaymentUnapplied.successor = None


def _superseded() -> set[str]:
    return {event.__name__ for event in CATALOGUE.values() if event.successor is not None}


def test_no_service_names_a_superseded_version() -> None:
    named = set()
    for file in ROOT.glob("services/*/motcua_*/**/*.py"):
        names = {node.id for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Name)}
        named |= {(file.relative_to(ROOT).as_posix(), name) for name in names & _superseded()}
    assert named == set()
