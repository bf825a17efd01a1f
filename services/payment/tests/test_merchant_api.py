"""VNPay's merchant API: signed as theirs, believed only when signed by them, and what each word of theirs leads to."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from motcua_chassis.worker import NotDoneError, Task
from motcua_payment.gateway import created
from motcua_payment.merchant_api import SIGNED, MerchantApi, Payment, Reply, UnclearError, joined
from motcua_payment.refunder import Refunder
from motcua_payment.refunds import GatewayRefunded, GatewayRefusedRefund, GatewayTookRefund
from motcua_payment.signature import Key
from services.payment.tests.notices import SECRET, TERMINAL
from services.payment.tests.story import APPLICATION, OWED, SEEN, STATES, decide, exhausted, fold, retry

API = MerchantApi("http://127.0.0.1:9/", TERMINAL, SECRET, "127.0.0.1", 1.0)
ORDER = "0192f0007c1a7000800000000000002a"
ABOUT = "Hoan phi ho so H29.25.12-261122-0001"
PAYMENT = Payment(ORDER, "14000001", "20261122100000", ABOUT)

BY_OPENSSL = {
    "querydr": "fe6689a9ba5bddcfdf23b1154b6473855209ad88f6c32374bee9070805c6b78f"
    "ebe0139efb10b16ce0273e319de37f33103fd01671d7ada7ac5c6ac9549bcc43",
    "refund": "c0382d9dfe78fad9295d19b5cbbae93ff5db6209ba7f7d5607102c7d79386658"
    "9e0f350ff0af64a4862431518974dbddd20f19bfaae1d1ee0ae6faf6c0534df6",
}
"""printf 'rq1|2.1.0|querydr|MOTCUA01|0192...' | openssl dgst -sha512 -hmac a-secret"""


@pytest.mark.parametrize("command", SIGNED)
def test_a_request_is_signed_as_openssl_signs_it(command: str) -> None:
    more = (
        {"vnp_TransactionType": "02", "vnp_Amount": "600000", "vnp_CreateBy": "motcua"} if command == "refund" else {}
    )
    body = API._request(command, {"querydr": "rq1", "refund": "rq2"}[command], PAYMENT, **more)
    body["vnp_CreateDate"] = "20261123080000"
    assert Key(SECRET).sign(joined(SIGNED[command], body)) == BY_OPENSSL[command]
    assert body["vnp_TransactionNo"] == "14000001", "an order may hold several payments"


def reply(command: str = "refund", **changed: Any) -> dict[str, Any]:
    """A reply as VNPay sends it, with the signature of openssl over the unchanged one."""
    said = {
        "vnp_ResponseId": {"refund": "resp1", "querydr": "resp2"}[command],
        "vnp_Command": command,
        "vnp_ResponseCode": "00",
        "vnp_Message": {"refund": "Refund success", "querydr": "Success"}[command],
        "vnp_TmnCode": TERMINAL,
        "vnp_TxnRef": ORDER,
        "vnp_Amount": "600000",
        "vnp_BankCode": "NCB",
        "vnp_PayDate": "20261123080001",
        "vnp_TransactionNo": "54000001",
        "vnp_TransactionType": "02",
        "vnp_TransactionStatus": {"refund": "05", "querydr": "06"}[command],
        "vnp_OrderInfo": ABOUT,
        "vnp_SecureHash": {
            "refund": "48e316eafd812d63f059b91a9fa1a54a8ed1a746ab38ae7ba44dc6b4bb9c1c34"
            "6934cded0c663ccda75b8fc3d475d72e62219eadefdb37c1fa0037ae085ec08c",
            "querydr": "5dbece282c443da85bc6170abf85ffaad6a29352894b1ad9b7330b01aa570b03"
            "eca4af5731220e26798c718826c4a1f692965807132a9105e36018aedf4a0bfa",
        }[command],
    }
    return {**said, **changed}


def read(said: Any, command: str = "refund") -> Reply:
    asked = API._request(command, "rq", PAYMENT)
    return API._read(said if isinstance(said, bytes) else json.dumps(said).encode(), asked)


def test_a_reply_signed_by_openssl_is_read() -> None:
    assert read(reply()) == Reply("00", "02", "05", "600000", "54000001", "20261123080001", "NCB")
    assert read(reply("querydr"), "querydr").status == "06"
    assert read(reply(vnp_Amount=600000)).amount == "600000", "numbers may come as numbers"


@pytest.mark.parametrize("name", [name for name in reply() if name != "vnp_SecureHash"])
def test_a_reply_that_was_tampered_with_says_nothing(name: str) -> None:
    for changed in ({**reply(), name: "x"}, {key: value for key, value in reply().items() if key != name}):
        with pytest.raises(UnclearError):
            read(changed)


@pytest.mark.parametrize(
    "said", [b"", b"\xff", b"[]", b"null", b'"x"', b"{}", reply(vnp_SecureHash=None), reply(vnp_SecureHash="\ud800")]
)
def test_what_is_not_a_signed_reply_says_nothing(said: Any) -> None:
    with pytest.raises(UnclearError):
        read(said)


def test_a_genuine_reply_about_something_else_says_nothing() -> None:
    for asked in (PAYMENT._replace(order="1" * 32), PAYMENT):
        command = "refund" if asked is not PAYMENT else "querydr"
        with pytest.raises(UnclearError):
            API._read(json.dumps(reply()).encode(), API._request(command, "rq", asked))


@given(st.recursive(st.none() | st.text() | st.integers(), lambda of: st.lists(of) | st.dictionaries(st.text(), of)))
def test_no_reply_without_the_secret_is_believed(said: Any) -> None:
    with pytest.raises(UnclearError):
        read(said)


class Gateway(MerchantApi):
    """Says what it is told to say, and remembers what it was asked."""

    def __init__(self, *replies: Reply | Exception) -> None:
        self.timeout = 1.0
        self._replies = list(replies)
        self.asked: list[tuple[str, Any]] = []

    async def ask(self, payment: Payment) -> Reply:
        self.asked.append(("querydr", payment))
        return self._next()

    async def refund(self, payment: Payment, amount: int, *, full: bool, request_id: str) -> Reply:  # noqa: ARG002
        self.asked.append(("refund", (amount, full, request_id)))
        return self._next()

    def _next(self) -> Reply:
        said = self._replies.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


def said(
    code: str = "00", kind: str = "02", status: str = "00", amount: int = OWED, at: str = "20261123080001"
) -> Reply:
    return Reply(code, kind, status, str(amount * 100), "54000001", at)


NOTHING = said(kind="01", status="00")
"""The payment stands, and nobody has asked for it back."""
TAKEN = said(status="05")
MADE, TOOK, REFUSED = GatewayRefunded, GatewayTookRefund, GatewayRefusedRefund
AGAIN = fold(STATES["failed"], decide(STATES["failed"], retry(SEEN)))
"""An officer's retry after a definite refusal."""


def task(*, uncertain: bool = False, state: Any = None, attempt: int = 1) -> Task:
    return Task(APPLICATION, "refund:1", state or STATES["closed"], attempt, uncertain)


@pytest.mark.parametrize(
    ("replies", "uncertain", "outcome"),
    [
        ([NOTHING, said()], False, MADE),
        ([NOTHING, TAKEN, said()], False, MADE),
        ([NOTHING, TAKEN, said(status="06")], True, TOOK),
        ([NOTHING, TAKEN, said(status="09")], True, REFUSED),
        ([NOTHING, TAKEN, NOTHING], False, TOOK),
        ([NOTHING, TAKEN, NotDoneError()], False, TOOK),
        ([said()], False, MADE),
        ([TAKEN], False, TOOK),
        ([said(status="06")], True, TOOK),
        ([said(status="09")], True, REFUSED),
        ([said(status="09")], False, REFUSED),
        ([NOTHING, said(status="09")], False, REFUSED),
        *[([NOTHING, said(code)], False, REFUSED) for code in ("02", "03", "04", "13", "91", "93", "95")],
        ([said("91")], False, REFUSED),
        ([NOTHING, said("94"), said()], False, MADE),
        ([NOTHING, said("94"), TAKEN], False, TOOK),
        ([NOTHING, said("94"), NOTHING], False, UnclearError),
        ([NOTHING, said("94"), NotDoneError()], False, UnclearError),
        ([NOTHING, said("99")], False, UnclearError),
        ([NOTHING, said("98")], False, UnclearError),
        ([NOTHING, said("??")], False, UnclearError),
        ([NOTHING, said(status="02")], False, UnclearError),
        ([said(amount=1)], False, UnclearError),
        ([said(status="05", amount=1)], False, UnclearError),
        ([said("99")], False, NotDoneError),
        ([said("97")], False, NotDoneError),
        ([NOTHING, said("97")], False, NotDoneError),
        ([NotDoneError()], True, NotDoneError),
        ([NOTHING, NotDoneError()], False, NotDoneError),
        ([NOTHING, TimeoutError()], False, TimeoutError),
    ],
)
async def test_each_word_of_the_gateway_leads_to_its_end(replies: list[Any], uncertain: bool, outcome: Any) -> None:  # noqa: FBT001
    gateway = Gateway(*replies)
    refunder = Refunder(gateway, 4)
    if issubclass(outcome, Exception):
        with pytest.raises(outcome):
            await refunder.call(task(uncertain=uncertain))
    else:
        assert isinstance(await refunder.call(task(uncertain=uncertain)), outcome)
    assert gateway.asked[0][0] == "querydr", "always asked first"
    assert not gateway._replies
    assert [name for name, _ in gateway.asked].count("refund") <= 1


async def ordered(state: Any) -> str:
    """The request id under which a refund is ordered."""
    gateway = Gateway(NOTHING, said())
    await Refunder(gateway, 4).call(task(state=state))
    id_: str = gateway.asked[1][1][2]
    return id_


async def test_a_request_id_changes_only_after_a_definite_refusal() -> None:
    unknown = fold(STATES["closed"], decide(STATES["closed"], exhausted(uncertain=True)))
    after_unknown = fold(unknown, decide(unknown, retry(SEEN)))
    ids = [await ordered(state) for state in (STATES["closed"], STATES["closed"], after_unknown, AGAIN)]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert all(len(id_) == 32 and id_.isalnum() for id_ in ids)


async def test_a_rejection_of_before_is_no_answer_to_a_new_order_and_one_of_after_is() -> None:
    gateway = Gateway(said(status="09"), TAKEN, said(status="06"), said(status="09"))
    refunder = Refunder(gateway, 4)
    assert isinstance(await refunder.call(task(state=AGAIN)), TOOK)
    assert isinstance(await refunder.call(task(state=AGAIN, attempt=2)), REFUSED)
    assert [name for name, _ in gateway.asked] == ["querydr", "refund", "querydr", "querydr"]


async def test_of_a_refund_that_is_taken_the_gateway_is_asked_ever_less_often_until_it_is_made() -> None:
    gateway = Gateway(*[TAKEN] * 9, said())
    refunder = Refunder(gateway, 4)
    asked = []
    for attempt in range(1, 194):
        answer = await refunder.call(task(attempt=attempt))
        assert isinstance(answer, MADE if attempt == 193 else TOOK)
        asked += [attempt - 1] if len(gateway.asked) > len(asked) else []
    assert asked == [0, 1, 2, 4, 8, 16, 32, 64, 128, 192]


async def test_silence_about_a_refund_that_is_taken_uses_up_no_budget() -> None:
    """Else an officer would be told that nothing happened, and pay it a second time."""
    refunder = Refunder(Gateway(TAKEN, NotDoneError(), said("99"), said()), 2)
    answers = [await refunder.call(task(attempt=attempt)) for attempt in range(1, 6)]
    assert [type(answer) for answer in answers] == [TOOK, TOOK, TOOK, TOOK, MADE]
    restarted = Refunder(Gateway(NotDoneError(), NotDoneError()), 2)
    assert isinstance(await restarted.call(task(attempt=3)), TOOK)
    with pytest.raises(UnclearError):
        await Refunder(Gateway(NotDoneError()), 2).call(task(attempt=2))
    alone = Refunder(Gateway(NotDoneError(), NotDoneError()), 2)
    for attempt in (1, 2):
        with pytest.raises(NotDoneError):
            await alone.call(task(attempt=attempt))


async def test_a_part_of_a_payment_goes_back_as_a_part() -> None:
    [refund] = STATES["closed"].refunds
    part = replace(refund, request=refund.request.model_copy(update={"amount": 1_000}))
    state = replace(STATES["closed"], refunds=(part,))
    gateway = Gateway(NOTHING, said(kind="03", amount=1_000))
    await Refunder(gateway, 4).call(task(state=state))
    assert gateway.asked[1][1][:2] == (1_000, False)


async def test_the_order_is_named_by_the_date_it_was_billed_on_forever() -> None:
    state = STATES["closed"]
    assert state.request is not None
    gateway = Gateway(NOTHING, said())
    await Refunder(gateway, 4).call(task(state=state))
    assert gateway.asked[0][1].created == "20261122100000" == created(state.request)
    before = state.request.model_copy(update={"requested_at": None})
    assert created(before) == "20261122100000", "as it was before the date was written down"
    stray = Gateway(NOTHING, said())
    await Refunder(stray, 4).call(task(state=STATES["unknown"]))
    assert stray.asked[0][1].created == "20261122100000", "the day it was paid is the best guess"


async def test_the_time_of_a_refund_is_never_before_its_payment() -> None:
    for at in ("", "20201122100000", "20261399000000"):
        found = await Refunder(Gateway(NOTHING, said(at=at)), 4).call(task())
        assert isinstance(found, GatewayRefunded)
        assert abs(found.refunded_at - datetime.now(UTC)) < timedelta(minutes=1)
    found = await Refunder(Gateway(NOTHING, said()), 4).call(task())
    assert isinstance(found, GatewayRefunded)
    assert found.refunded_at == datetime(2026, 11, 23, 1, 0, 1, tzinfo=UTC)
