"""The registry's messages as bytes: reads a look-up without trusting it, writes collections and faults."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from lxml import etree

from motcua_simulators.registry.people import Person

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
REQUEST = "http://dancuquocgia.bca"
REPLY = "http://www.mic.gov.vn/dancu/1.0"
OPERATION = "TraCuuThongTinCongDan"

_FORMS = {
    "MaYeuCau": r".+",
    "MaDVC": r".+",
    "MaTichHop": r"037",
    "MaCanBo": r".+",
    "MaDonVi": r".+",
    "TaiKhoan": r".+",
    "HoVaTen": r".+",
}
_NUMBERS = {"SoDinhDanh": r"[0-9]{12}", "SoCMND": r"[0-9]{9}"}
_BIRTH = {"Nam": r"[0-9]{4}", "NgayThangNam": r"[0-9]{8}"}

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)

_FRAME = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}"><soapenv:Body>%s</soapenv:Body></soapenv:Envelope>'
)
_ADDRESS = "<d:MaTinhThanh>%s</d:MaTinhThanh><d:ChiTiet>%s</d:ChiTiet><d:QuocGia>VN</d:QuocGia>"


class InvalidLookupError(ValueError):
    """The request does not say what the operation needs; the text names every fault."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Who is asked for; the rest of a request was checked and has served."""

    request_id: str
    number: str


def read_lookup(body: bytes) -> Lookup:
    """Raise InvalidLookupError unless the body is one well-formed call of the operation."""
    operation = _operation(body)
    fields = {etree.QName(child).localname: (child.text or "").strip() for child in operation.iterchildren("{*}*")}
    birth = operation.find(f"{{{REQUEST}}}NgayThangNamSinh")
    born = (
        {} if birth is None else {etree.QName(part).localname: part.text or "" for part in birth.iterchildren("{*}*")}
    )
    faults = [name for name, form in _FORMS.items() if not re.fullmatch(form, fields.get(name, ""))]
    faults += _faults_of_choice(fields, _NUMBERS) + _faults_of_choice(born, _BIRTH)
    if faults:
        raise InvalidLookupError(f"missing or malformed: {', '.join(faults)}")
    return Lookup(fields["MaYeuCau"], fields.get("SoDinhDanh") or fields["SoCMND"])


def _operation(body: bytes) -> etree._Element:
    try:
        root = etree.fromstring(body, _PARSER)
    except etree.XMLSyntaxError as error:
        raise InvalidLookupError(f"not XML: {error.msg}") from error
    if root.getroottree().docinfo.doctype:
        raise InvalidLookupError("a document type declaration is not allowed")
    operation = root.find(f"{{{ENVELOPE}}}Body/{{{REQUEST}}}{OPERATION}")
    if root.tag != f"{{{ENVELOPE}}}Envelope" or operation is None:
        raise InvalidLookupError(f"expected a SOAP 1.1 envelope with {{{REQUEST}}}{OPERATION}")
    return operation


def _faults_of_choice(fields: dict[str, str], forms: dict[str, str]) -> list[str]:
    given = [name for name in forms if fields.get(name)]
    if len(given) == 1 and re.fullmatch(forms[given[0]], fields[given[0]]):
        return []
    return [" or ".join(forms)]


def collection(people: Sequence[Person]) -> bytes:
    """The reply; an empty collection means no match."""
    citizens = "".join(map(_citizen, people))
    return (_FRAME % f'<d:CongdanCollection xmlns:d="{REPLY}">{citizens}</d:CongdanCollection>').encode()


def _citizen(person: Person) -> str:
    born = person.date_of_birth
    address = _ADDRESS % (person.personal_number[:3], "Số 1, phố Mẫu")
    card = f"<d:SoCMND>{person.identity_card}</d:SoCMND>" if person.identity_card else ""
    # As observed from the real registry: the whole name stands in Ten, Ho and ChuDem stay empty; 1 is male.
    return (
        f"<d:CongDan><d:SoDinhDanh>{person.personal_number}</d:SoDinhDanh>{card}"
        f"<d:HoVaTen><d:Ho/><d:ChuDem/><d:Ten>{escape(person.full_name)}</d:Ten></d:HoVaTen>"
        f"<d:GioiTinh>{1 if person.gender == 'male' else 2}</d:GioiTinh>"
        f"<d:NgayThangNamSinh><d:Nam>{born:%Y}</d:Nam><d:NgayThangNam>{born:%Y%m%d}</d:NgayThangNam></d:NgayThangNamSinh>"
        f"<d:QuocTich>VN</d:QuocTich><d:ThuongTru>{address}</d:ThuongTru><d:NoiOHienTai>{address}</d:NoiOHienTai></d:CongDan>"
    )


def fault(party: str, reason: str) -> bytes:
    """`party` is who erred in the words of SOAP 1.1: `Client` or `Server`."""
    detail = f"<faultcode>soapenv:{party}</faultcode><faultstring>{escape(reason)}</faultstring>"
    return (_FRAME % f"<soapenv:Fault>{detail}</soapenv:Fault>").encode()
