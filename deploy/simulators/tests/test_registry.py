"""The registry seen by its clients: zeep over the WSDL, and raw bytes."""

import itertools
import signal
import time
from typing import Any

import httpx
import pytest
import zeep
from lxml import etree

NUMBERS = itertools.count(79_084_000_001)
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
CALLER = {"MaDVC": "2.000815", "MaTichHop": "037", "MaCanBo": "canbo01", "MaDonVi": "H29.25.12", "TaiKhoan": "motcua"}


@pytest.fixture
def person(registry: Any) -> dict[str, str]:
    return known(registry, "NGUYỄN <VĂN> AN")


@pytest.fixture
def another(registry: Any) -> dict[str, str]:
    return known(registry, "LÊ VĂN BA")


def known(registry: Any, full_name: str) -> dict[str, str]:
    number = f"{next(NUMBERS):012d}"
    person = {"personal_number": number, "full_name": full_name, "date_of_birth": "1984-05-02", "gender": "male"}
    registry.client.put("/control/people", json=[person]).raise_for_status()
    return person


def misbehave(registry: Any, person: dict[str, str], **behaviour: Any) -> None:
    registry.client.put("/control/people", json=[{**person, "behaviour": behaviour}]).raise_for_status()


def asked(number: str, **changed: Any) -> dict[str, Any]:
    fields = {
        "MaYeuCau": f"Y{number}",
        **CALLER,
        "SoDinhDanh": number,
        "HoVaTen": "NGUYỄN VĂN AN",
        "NgayThangNamSinh": {"NgayThangNam": "19840502"},
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}


def call(registry: Any, fields: dict[str, Any]) -> Any:
    client = zeep.Client(f"{registry.url}/ndxp/dancu?wsdl")  # type: ignore[no-untyped-call]
    with client.transport.session:
        return client.service.TraCuuThongTinCongDan(**fields)


def envelope(fields: dict[str, Any]) -> bytes:
    def xml(fields: dict[str, Any]) -> str:
        return "".join(f"<b:{k}>{xml(v) if isinstance(v, dict) else v}</b:{k}>" for k, v in fields.items())

    operation = f"<b:TraCuuThongTinCongDan>{xml(fields)}</b:TraCuuThongTinCongDan>"
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:b="http://dancuquocgia.bca"><s:Body>{operation}</s:Body></s:Envelope>'
    ).encode()


def post(registry: Any, body: bytes) -> httpx.Response:
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
    answer: httpx.Response = registry.client.post("/ndxp/dancu", content=body, headers=headers)
    return answer


def fault_of(answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 500
    fault = etree.fromstring(answer.content).find(f".//{{{SOAP}}}Fault")
    return fault.findtext("faultcode"), fault.findtext("faultstring")


def test_zeep_reads_the_wsdl_and_gets_the_record_back(registry: Any, person: dict[str, str]) -> None:
    [citizen] = call(registry, asked(person["personal_number"]))
    assert citizen.SoDinhDanh == person["personal_number"]
    assert citizen.HoVaTen.Ten == person["full_name"]
    assert citizen.NgayThangNamSinh.NgayThangNam == "19840502"
    assert citizen.GioiTinh == "1"
    assert citizen.ThuongTru.QuocGia == citizen.NoiOHienTai.QuocGia == "VN"


async def test_the_asynchronous_zeep_client_works_too(registry: Any, person: dict[str, str]) -> None:
    async with zeep.AsyncClient(f"{registry.url}/ndxp/dancu?wsdl") as client:  # type: ignore[no-untyped-call]
        [citizen] = await client.service.TraCuuThongTinCongDan(**asked(person["personal_number"]))
    assert citizen.SoDinhDanh == person["personal_number"]


def test_the_record_comes_back_whatever_name_was_asked(registry: Any, person: dict[str, str]) -> None:
    [citizen] = call(registry, asked(person["personal_number"], HoVaTen="TRẦN THỊ BÌNH"))
    assert citizen.HoVaTen.Ten == person["full_name"]


def test_an_unknown_number_gets_an_empty_collection(registry: Any) -> None:
    answer = post(registry, envelope(asked("001099999999")))
    assert answer.status_code == 200
    assert b"CongdanCollection" in answer.content
    assert b"CongDan>" not in answer.content
    assert not call(registry, asked("001099999999"))


def test_an_old_identity_card_finds_the_person(registry: Any, person: dict[str, str]) -> None:
    registry.client.put("/control/people", json=[{**person, "identity_card": "023456789"}]).raise_for_status()
    fields = asked(person["personal_number"], SoDinhDanh=None, SoCMND="023456789", NgayThangNamSinh={"Nam": "1984"})
    [citizen] = call(registry, fields)
    assert citizen.SoDinhDanh == person["personal_number"]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"MaYeuCau": None}, "MaYeuCau"),
        ({"MaTichHop": "036"}, "MaTichHop"),
        ({"SoDinhDanh": "12345"}, "SoDinhDanh or SoCMND"),
        ({"SoDinhDanh": None}, "SoDinhDanh or SoCMND"),
        ({"SoCMND": "023456789"}, "SoDinhDanh or SoCMND"),
        ({"NgayThangNamSinh": {"NgayThangNam": "1984-05-02"}}, "Nam or NgayThangNam"),
        ({"NgayThangNamSinh": None}, "Nam or NgayThangNam"),
    ],
)
def test_a_faulty_field_is_a_fault_of_the_client_that_names_it(registry: Any, changed: Any, named: str) -> None:
    party, reason = fault_of(post(registry, envelope(asked("079084000999", **changed))))
    assert party == "soapenv:Client"
    assert named in reason


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<not xml",
        b"<a/>",
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body/></s:Envelope>'.encode(),
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + envelope(asked("079084000999", HoVaTen="&x;")),
        b"<!DOCTYPE a>" + envelope(asked("079084000999")),
    ],
)
def test_what_is_no_request_is_a_fault_of_the_client(registry: Any, body: bytes) -> None:
    assert fault_of(post(registry, body))[0] == "soapenv:Client"


def test_the_ledger_tells_each_request(registry: Any, person: dict[str, str]) -> None:
    call(registry, asked(person["personal_number"], MaYeuCau="Y-ledger"))
    [entry] = [entry for entry in registry.ledger("requests") if entry["request_id"] == "Y-ledger"]
    assert entry.pop("at")
    assert entry == {
        "request_id": "Y-ledger",
        "personal_number": person["personal_number"],
        "found": True,
        "behaviour": "normal",
    }


def test_people_come_by_the_thousand(registry: Any) -> None:
    people = [
        {
            "personal_number": f"{next(NUMBERS):012d}",
            "full_name": "LÊ VĂN BA",
            "date_of_birth": "1990-01-01",
            "gender": "male",
        }
        for _ in range(5000)
    ]
    assert registry.client.put("/control/people", json=people).json() == {"added": 5000}
    assert call(registry, asked(people[-1]["personal_number"]))


def test_failing_is_a_fault_of_the_server(registry: Any, person: dict[str, str]) -> None:
    registry.behave("fail", times=1)
    with pytest.raises(zeep.exceptions.Fault) as fault:
        call(registry, asked(person["personal_number"]))
    assert fault.value.code == "soapenv:Server"
    assert call(registry, asked(person["personal_number"]))


def test_an_error_is_not_soap(registry: Any, person: dict[str, str]) -> None:
    registry.behave("error")
    assert post(registry, envelope(asked(person["personal_number"]))).status_code == 503


def test_a_cut_closes_the_connection(registry: Any, person: dict[str, str]) -> None:
    registry.behave("cut")
    with pytest.raises(httpx.RemoteProtocolError):
        post(registry, envelope(asked(person["personal_number"])))


def test_slow_answers_late(registry: Any, person: dict[str, str]) -> None:
    registry.behave("slow", delay_seconds=0.3)
    started = time.monotonic()
    assert post(registry, envelope(asked(person["personal_number"]))).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_contradicting_gives_somebody_else(registry: Any, person: dict[str, str]) -> None:
    registry.behave("contradict")
    [citizen] = call(registry, asked(person["personal_number"]))
    assert citizen.SoDinhDanh != person["personal_number"]


def test_repeating_gives_the_record_twice(registry: Any, person: dict[str, str]) -> None:
    registry.behave("repeat")
    first, second = call(registry, asked(person["personal_number"]))
    assert first.SoDinhDanh == second.SoDinhDanh == person["personal_number"]


def test_two_candidates_share_a_number_and_nothing_else(registry: Any, person: dict[str, str]) -> None:
    registry.behave("two-candidates")
    right, wrong = call(registry, asked(person["personal_number"]))
    assert right.SoDinhDanh == wrong.SoDinhDanh == person["personal_number"]
    assert right.HoVaTen.Ten == person["full_name"] != wrong.HoVaTen.Ten
    assert right.NgayThangNamSinh.NgayThangNam == "19840502" != wrong.NgayThangNamSinh.NgayThangNam
    assert not call(registry, asked("001099999999"))


def test_disagreeing_records_differ_in_the_day_of_birth_alone(registry: Any, person: dict[str, str]) -> None:
    registry.behave("disagree")
    one, other = call(registry, asked(person["personal_number"]))
    assert one.SoDinhDanh == other.SoDinhDanh == person["personal_number"]
    assert one.HoVaTen.Ten == other.HoVaTen.Ten
    assert one.NgayThangNamSinh.NgayThangNam != other.NgayThangNamSinh.NgayThangNam


def test_one_person_misbehaves_while_others_are_served(
    registry: Any, person: dict[str, str], another: dict[str, str]
) -> None:
    misbehave(registry, person, mode="fail", times=2)
    statuses = [post(registry, envelope(asked(person["personal_number"]))).status_code for _ in range(3)]
    assert statuses == [500, 500, 200]
    assert post(registry, envelope(asked(another["personal_number"]))).status_code == 200


def test_a_person_is_slow_by_their_own_delay(registry: Any, person: dict[str, str]) -> None:
    misbehave(registry, person, mode="slow", delay_seconds=0.3)
    started = time.monotonic()
    assert post(registry, envelope(asked(person["personal_number"]))).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_the_registry_as_a_whole_misbehaves_before_its_people_do(registry: Any, person: dict[str, str]) -> None:
    misbehave(registry, person, mode="repeat", times=1)
    registry.behave("error", times=1)
    number = person["personal_number"]
    assert post(registry, envelope(asked(number, MaYeuCau=f"Z{number}"))).status_code == 503
    assert [len(call(registry, asked(number))) for _ in range(2)] == [2, 1]
    met = [each["behaviour"] for each in registry.ledger("requests") if each["personal_number"] == number]
    assert met == ["error", "repeat", "normal"]


def test_a_person_who_is_added_again_behaves_as_said_then(registry: Any, person: dict[str, str]) -> None:
    misbehave(registry, person, mode="error")
    registry.client.put("/control/people", json=[person]).raise_for_status()
    assert call(registry, asked(person["personal_number"]))


@pytest.mark.parametrize("behaviour", [{"mode": "dance"}, {"times": 0}, {"mode": "fail", "more": 1}])
def test_a_behaviour_that_does_not_exist_is_refused(registry: Any, person: dict[str, str], behaviour: Any) -> None:
    refused = registry.client.put("/control/people", json=[{**person, "behaviour": behaviour}])
    assert refused.status_code == 422


def test_people_and_requests_survive_a_kill(registry: Any, person: dict[str, str]) -> None:
    misbehave(registry, person, mode="repeat")
    call(registry, asked(person["personal_number"]))
    before = registry.ledger("requests")
    registry.stop(signal.SIGKILL)
    registry.start()
    assert registry.ledger("requests") == before
    assert len(call(registry, asked(person["personal_number"]))) == 2
