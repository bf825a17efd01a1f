"""VNPay's protocol: our signature is theirs, and nothing but a genuine notice is ever taken for one."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua_chassis.vietnam import VIETNAM
from motcua_contracts import Gateway, Language, PaymentRequested
from motcua_payment.domain import GatewayConfirmed
from motcua_payment.gateway import Notice, VnPay
from services.payment.tests.notices import CANCELLED, PAID, SECRET, TERMINAL, Pairs, notice, signed
from services.payment.tests.story import APPLICATION, NOW, OWED, STATES, after, decide, verified

ORDER = APPLICATION.hex
GATEWAY = VnPay("https://pay.example/vpcpay.html", TERMINAL, SECRET, "https://dichvucong.example/back?lang=vi")
GENUINE = Notice(
    ORDER,
    GatewayConfirmed(ORDER, OWED, Gateway.VNPAY, "14000001", "NCB", datetime(2026, 11, 22, 10, 30, tzinfo=VIETNAM)),
)


def request(now: datetime = NOW) -> PaymentRequested:
    [request] = decide(after(), verified(), now)
    assert isinstance(request, PaymentRequested)
    return request


def without(pairs: Pairs, name: str) -> Pairs:
    return [pair for pair in pairs if pair[0] != name]


def test_the_address_to_pay_at_is_signed_as_openssl_signs_it() -> None:
    """echo -n "$query" | openssl dgst -sha512 -hmac a-secret"""
    url = GATEWAY.pay_url(request(), payer_ip="203.0.113.7")
    assert url == (
        "https://pay.example/vpcpay.html?"
        "vnp_Amount=600000&vnp_Command=pay&vnp_CreateDate=20261122100000&vnp_CurrCode=VND&vnp_ExpireDate=20261125100000"
        "&vnp_IpAddr=203.0.113.7&vnp_Locale=vn&vnp_OrderInfo=Nop+phi+ho+so+H29.25.12-261122-0001&vnp_OrderType=other"
        "&vnp_ReturnUrl=https%3A%2F%2Fdichvucong.example%2Fback%3Flang%3Dvi&vnp_TmnCode=MOTCUA01"
        "&vnp_TxnRef=00000000000000000000000000000002&vnp_Version=2.1.0"
        "&vnp_SecureHash=47aeccd20ef205ec0fd27a66b366cdd060854bfdfc0a0a68ee7e8bd9f1f2ecf4"
        "e0d8221bedb72c17d04aef91d583e48b8bcc34e1519d8f94a45f77abfd79549b"
    )


def test_a_notice_signed_by_openssl_is_read() -> None:
    by_openssl = (
        "8efb75c01fee5e33d93b33f85a6ef6d993d21d0a1beb0da0041a6b63798b2372"
        "36f4dcf7e1d5a7b5b18a045bd12099360d8a284019d8995907d3601790f80e2b"
    )
    assert GATEWAY.read([*PAID.items(), ("vnp_SecureHash", by_openssl)]) == GENUINE


def test_an_english_dossier_gets_an_english_page() -> None:
    asked = request()
    dossier = asked.dossier.model_copy(update={"language": Language.ENGLISH})
    url = GATEWAY.pay_url(asked.model_copy(update={"dossier": dossier}), payer_ip="::1")
    assert ("vnp_Locale", "en") in parse_qsl(urlsplit(url).query)


@pytest.mark.parametrize(
    "spelt",
    [
        lambda pairs: [(n, v.upper() if n == "vnp_SecureHash" else v) for n, v in pairs],
        lambda pairs: pairs[::-1],
        lambda pairs: [*pairs, ("vnp_SecureHashType", "HMACSHA512")],
        lambda pairs: [*pairs, ("utm_source", "mail")],
    ],
    ids=["upper-case hash", "another order", "the type of the hash", "a parameter that is not VNPay's"],
)
def test_a_genuine_notice_is_read_however_it_is_spelt(spelt: Any) -> None:
    assert GATEWAY.read(spelt(notice())) == GENUINE


@pytest.mark.parametrize("bank", ["", "Ngân hàng", "a", "N" * 21])
def test_money_is_not_turned_away_for_the_name_of_its_bank(bank: str) -> None:
    read = GATEWAY.read(notice(bank=bank))
    assert read is not None
    assert read.confirmed is not None
    assert read.confirmed.bank is None


@pytest.mark.parametrize(
    "changed",
    [
        {"vnp_ResponseCode": "24", "vnp_TransactionStatus": "02"},
        {"vnp_ResponseCode": "00", "vnp_TransactionStatus": "02"},
        {"vnp_ResponseCode": "07", "vnp_TransactionStatus": "00"},
    ],
)
def test_a_notice_of_no_money_confirms_nothing(changed: dict[str, str]) -> None:
    assert GATEWAY.read(signed({**PAID, **changed})) == Notice(ORDER, None)
    assert GATEWAY.read(signed(CANCELLED)) == Notice(ORDER, None)


HASH = dict(notice())["vnp_SecureHash"]


@pytest.mark.parametrize(
    "forged",
    [
        [],
        [*PAID.items()],
        [*PAID.items(), ("vnp_SecureHash", "")],
        [*PAID.items(), ("vnp_SecureHash", HASH[:-1])],
        [*PAID.items(), ("vnp_SecureHash", HASH + "0")],
        [*PAID.items(), ("vnp_SecureHash", HASH.replace("8", "\u0668"))],
        [*PAID.items(), ("vnp_SecureHash", "\ud800" * 128)],
        [*PAID.items(), ("vnp_securehash", HASH)],
        signed(PAID, "another-secret"),
        signed(PAID, ""),
        [*notice(), ("vnp_SecureHash", HASH)],
        [*notice(), ("vnp_Amount", "600000")],
        [*notice(), ("vnp_BankCode", "x" * 256)],
        [*notice(), ("x", "y" * 256)],
        [*notice(), ("vnp_\ud800", "1")],
        [*without(notice(), "vnp_BankCode"), ("vnp_BankCode", "ncb")],
        [*without(without(notice(), "vnp_BankCode"), "vnp_CardType"), ("vnp_BankCode=NCB&vnp_CardType", "ATM")],
        [*without(notice(), "vnp_Amount"), ("vnp_Amount", "60000000")],
        signed({**PAID, "vnp_TmnCode": "SOMEONE1"}),
        signed({name: value for name, value in PAID.items() if name != "vnp_TmnCode"}),
    ],
)
def test_a_forged_notice_is_refused(forged: Pairs) -> None:
    assert GATEWAY.read(forged) is None


@pytest.mark.parametrize("name", PAID)
def test_a_notice_without_one_of_its_parameters_is_refused(name: str) -> None:
    assert GATEWAY.read(without(notice(), name)) is None


OTHER_DIGITS = str.maketrans("0123456789", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669")
ODD = {
    "vnp_Amount": [
        "600050", "6000.00", "-600000", "+600000", "0600000", "0", "00", "", " 600000", "600000\n", "6_00_000", "6e5",
        "nan", "1000000000000", "9" * 200 + "00", "600000".translate(OTHER_DIGITS), "\uff1600",
    ],
    "vnp_PayDate": [
        "", "2026", "20261322103000", "20260230103000", "20261122", "202611221030001", "2026112210300 ",
        "00010101000000", "99991231235959", PAID["vnp_PayDate"].translate(OTHER_DIGITS),
    ],
    "vnp_TransactionNo": ["", "1" * 65, "14 000 001", "14".translate(OTHER_DIGITS), "1\n", "<script>"],
    "vnp_TxnRef": ["", "short", "x" * 41, ORDER[:-1] + "\x00", ORDER + "\n", "\ud800" * 32],
    "vnp_ResponseCode": ["", "0", "000", "00".translate(OTHER_DIGITS), " 00"],
    "vnp_TransactionStatus": ["", "0", "00".translate(OTHER_DIGITS)],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in ODD.items() for value in values])
def test_a_signed_notice_that_does_not_make_sense_is_refused(name: str, value: str) -> None:
    assert GATEWAY.read(signed({**PAID, name: value})) is None


anything = st.text(st.characters(exclude_categories=()), max_size=300)
names = st.sampled_from([*PAID, "vnp_SecureHash", "vnp_SecureHashType"]) | anything
mutations = st.lists(
    st.one_of(
        st.tuples(st.just("set"), names, anything),
        st.tuples(st.just("drop"), names, st.just("")),
        st.tuples(st.just("add"), names, anything),
        st.tuples(st.just("rename"), names, anything),
        st.tuples(st.just("swap"), names, names),
        st.tuples(st.just("join"), st.sampled_from(sorted(PAID)), st.sampled_from(sorted(PAID))),
    ),
    min_size=1,
    max_size=4,
)


def mutate(pairs: Pairs, how: str, name: str, with_: str) -> Pairs:
    given = dict(pairs)
    match how:
        case "set":
            return [(n, with_ if n == name else v) for n, v in pairs]
        case "drop":
            return without(pairs, name)
        case "add":
            return [*pairs, (name, with_)]
        case "rename":
            return [(with_ if n == name else n, v) for n, v in pairs]
        case "swap":
            return [(n, given.get({name: with_, with_: name}.get(n, n), v)) for n, v in pairs]
        case _:
            joined = (f"{name}={given.get(name, '')}&{with_}", given.get(with_, ""))
            return [*without(without(pairs, name), with_), joined]


@given(mutations)
def test_a_genuine_notice_that_was_tampered_with_is_refused_or_still_says_the_same(done: Any) -> None:
    pairs = notice()
    for how, name, with_ in done:
        pairs = mutate(pairs, how, name, with_)
    assert GATEWAY.read(pairs) in {None, GENUINE}


@given(st.lists(st.tuples(names, anything), max_size=20))
def test_no_query_without_the_secret_is_taken_for_a_notice(pairs: Pairs) -> None:
    assert GATEWAY.read(pairs) is None


digits = st.text("0123456789\u0660 -.", max_size=20) | st.integers().map(str)


@given(st.dictionaries(st.sampled_from([n for n in PAID if n != "vnp_TmnCode"]), digits | anything))
def test_whatever_a_signed_notice_says_what_is_read_of_it_fits_our_events(changed: dict[str, str]) -> None:
    read = GATEWAY.read(signed({**PAID, **changed}))
    if read is not None and read.confirmed is not None:
        for state in STATES.values():
            decide(state, read.confirmed)


async def test_the_gateway_takes_our_order_and_we_believe_its_word(vnpay: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    at_simulator = VnPay(f"{vnpay.base_url}/paymentv2/vpcpay.html", TERMINAL, SECRET, "http://127.0.0.1:9/back?lang=vi")
    url = at_simulator.pay_url(request(now), payer_ip="2001:db8::7")
    page = await vnpay.get(url)
    assert page.status_code == 200
    assert "6.000 đ" in page.text
    entry = (await vnpay.post("/control/pay", json={"pay_url": url})).json()
    sent_back = without(parse_qsl(urlsplit(entry["location"]).query), "lang")
    read = at_simulator.read(sent_back)
    assert read is not None
    assert read.confirmed is not None
    paid_at, number = read.confirmed.paid_at, entry["transaction_no"]
    assert read.confirmed == GatewayConfirmed(ORDER, OWED, Gateway.VNPAY, number, "NCB", paid_at)
    assert abs(paid_at - now) < timedelta(minutes=1)


async def test_a_payer_who_gives_up_is_heard_of_too(vnpay: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    asked = request(now).model_copy(update={"order": "0" * 31 + "3"})
    url = VnPay(str(vnpay.base_url), TERMINAL, SECRET, "http://127.0.0.1:9/back").pay_url(asked, payer_ip="203.0.113.7")
    entry = (await vnpay.post("/control/pay", json={"pay_url": url, "result": "24"})).json()
    assert GATEWAY.read(parse_qsl(urlsplit(entry["location"]).query)) == Notice(asked.order, None)
