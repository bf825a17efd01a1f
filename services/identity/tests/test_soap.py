"""The registry's messages: zeep and the WSDL as witnesses of what we write, odd answers against what we read."""

from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import zeep
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from motcua_chassis.worker import NotDoneError
from motcua_identity.soap import (
    Account,
    Citizen,
    FaultError,
    Record,
    RefusedError,
    UnreadableError,
    read_records,
    write_lookup,
)
from motcua_simulators.registry.people import Person
from motcua_simulators.registry.soap import collection, fault

ACCOUNT = Account(name="motcua", officer="canbo01", unit="H29.25.12", integration="037")
CITIZEN = Citizen("079084000999", "NGUYỄN <VĂN> & AN", date(1984, 5, 2))
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSD = "http://www.w3.org/2001/XMLSchema"


@pytest.fixture(scope="session")
def wsdl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = (files("motcua_simulators.registry") / "dancu.wsdl").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("wsdl") / "dancu.wsdl"
    path.write_text(text.replace("$address", "http://127.0.0.1/ndxp/dancu"), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def client(wsdl: Path) -> Any:
    return zeep.Client(str(wsdl))  # type: ignore[no-untyped-call]


def operation(envelope: Any) -> Any:
    return envelope.find(f"{{{SOAP}}}Body")[0]


def tree(element: Any) -> Any:
    return element.tag, element.text if not len(element) else [tree(child) for child in element]


def written(citizen: Citizen = CITIZEN) -> Any:
    return etree.fromstring(write_lookup(ACCOUNT, citizen, request="r-1", procedure="2.000815"))


words = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1)


@given(words)
def test_zeep_writes_the_same_message_whatever_the_name(client: Any, name: str) -> None:
    witness = client.create_message(
        client.service,
        "TraCuuThongTinCongDan",
        MaYeuCau="r-1",
        MaDVC="2.000815",
        MaTichHop="037",
        MaCanBo="canbo01",
        MaDonVi="H29.25.12",
        TaiKhoan="motcua",
        SoDinhDanh="079084000999",
        HoVaTen=name,
        NgayThangNamSinh={"NgayThangNam": "19840502"},
    )
    assert tree(operation(written(CITIZEN._replace(full_name=name)))) == tree(operation(witness))


def test_the_message_is_valid_under_the_schema_of_the_wsdl(wsdl: Path) -> None:
    [schema] = [
        found
        for found in etree.parse(wsdl).iter(f"{{{XSD}}}schema")
        if found.get("targetNamespace") == "http://dancuquocgia.bca"
    ]
    validator = etree.XMLSchema(schema)
    validator.assertValid(operation(written()))


def test_a_record_is_read_as_the_registry_writes_it() -> None:
    person = Person(
        personal_number="079084000999", full_name="NGUYỄN <VĂN> AN", date_of_birth=date(1984, 5, 2), gender="male"
    )
    assert read_records(collection([person])) == [Record("079084000999", "NGUYỄN <VĂN> AN", "19840502", "1984")]
    assert read_records(collection([])) == []


def test_a_name_in_parts_and_another_namespace_are_read_too() -> None:
    body = (
        f'<e:Envelope xmlns:e="{SOAP}"><e:Header/><e:Body><CongdanCollection xmlns="urn:another"><CongDan>'
        "<SoDinhDanh> 079084000999 </SoDinhDanh>"
        "<HoVaTen><Ho>NGUYỄN</Ho><ChuDem>VĂN</ChuDem><Ten>AN</Ten></HoVaTen>"
        "<NgayThangNamSinh><Nam>1984</Nam></NgayThangNamSinh></CongDan></CongdanCollection></e:Body></e:Envelope>"
    )
    assert read_records(body.encode()) == [Record("079084000999", "NGUYỄN VĂN AN", "", "1984")]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (fault("Server", "the registry is not available"), FaultError),
        (fault("Client", "missing: MaYeuCau"), RefusedError),
        (b"", UnreadableError),
        (b"Service Unavailable", UnreadableError),
        (b"\xff\xfe\x00", UnreadableError),
        (b"<html/>", UnreadableError),
        (collection([])[:-20], UnreadableError),
        (collection([]).replace(b"CongdanCollection", b"Congdan"), UnreadableError),
        (f'<e:Envelope xmlns:e="{SOAP}"><e:Body/></e:Envelope>'.encode(), UnreadableError),
        (b'<!DOCTYPE a [<!ENTITY x "y">]>' + collection([]).partition(b"?>")[2], UnreadableError),
    ],
)
def test_whatever_is_no_collection_is_no_answer(body: bytes, error: type[NotDoneError]) -> None:
    with pytest.raises(error):
        read_records(body)


@given(st.binary())
def test_no_bytes_read_as_an_unknown_citizen(body: bytes) -> None:
    with pytest.raises(NotDoneError):
        read_records(body)
