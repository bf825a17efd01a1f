"""The registry's messages as bytes: writes the look-up `TraCuuThongTinCongDan`, reads its answer without trusting it.

SOAP 1.1, document/literal. Only an explicit collection counts as an answer: whatever else arrives raises, so that a
broken exchange never reads as "no such citizen". Written by hand, for zeep alone costs more than all the rest of a
check; it is the tests' witness.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from xml.sax.saxutils import escape

from lxml import etree

from motcua_chassis.worker import NotDoneError

HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_TEMPLATE = (
    f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_ENVELOPE}"><s:Body>'
    '<TraCuuThongTinCongDan xmlns="http://dancuquocgia.bca">'
    "<MaYeuCau>%s</MaYeuCau><MaDVC>%s</MaDVC><MaTichHop>%s</MaTichHop><MaCanBo>%s</MaCanBo><MaDonVi>%s</MaDonVi>"
    "<TaiKhoan>%s</TaiKhoan><SoDinhDanh>%s</SoDinhDanh><HoVaTen>%s</HoVaTen>"
    "<NgayThangNamSinh><NgayThangNam>%s</NgayThangNam></NgayThangNamSinh>"
    "</TraCuuThongTinCongDan></s:Body></s:Envelope>"
)
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


class Account(NamedTuple):
    """As whom we ask: TaiKhoan, MaCanBo, MaDonVi, MaTichHop."""

    name: str
    officer: str
    unit: str
    integration: str


class Citizen(NamedTuple):
    """Who is asked for, as the applicant wrote it. Lives for one call."""

    personal_number: str
    full_name: str
    date_of_birth: date


class Record(NamedTuple):
    """One record of the registry; empty where it says nothing. Lives for one call."""

    personal_number: str
    full_name: str
    birth_date: str
    """yyyyMMdd"""
    birth_year: str


class RefusedError(NotDoneError):
    """The registry says that our request is at fault."""


class FaultError(NotDoneError):
    """The registry says that it failed."""


class UnreadableError(NotDoneError):
    """What came back is no answer."""


def write_lookup(account: Account, citizen: Citizen, *, request: str, procedure: str) -> bytes:
    """The call as bytes; `request` names it in both systems' logs, `procedure` says what it is for."""
    fields = (
        request,
        procedure,
        account.integration,
        account.officer,
        account.unit,
        account.name,
        citizen.personal_number,
        citizen.full_name,
        f"{citizen.date_of_birth:%Y%m%d}",
    )
    return (_TEMPLATE % tuple(map(escape, fields))).encode()


def read_records(body: bytes) -> Sequence[Record]:
    """The records of an answer, none for an unknown number. Raises a `NotDoneError` for everything else."""
    content = _content(body)
    if etree.QName(content).localname != "CongdanCollection":
        raise fault_in(body) or UnreadableError("expected CongdanCollection")
    # The reply's namespace is not settled by any public document, its names are: so any namespace will do.
    return [_record(each) for each in content.iterchildren("{*}CongDan")]


def fault_in(body: bytes) -> NotDoneError | None:
    """The fault that a body states, if it does: gateways send one with 500, and some with 200."""
    try:
        party = _content(body).findtext("faultcode")
    except UnreadableError:
        return None
    if party is None:
        return None
    return RefusedError() if party.rpartition(":")[2] == "Client" else FaultError()


def _content(body: bytes) -> etree._Element:
    try:
        root = etree.fromstring(body, _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        raise UnreadableError("not XML") from None  # the parser's words quote the text
    if root.getroottree().docinfo.doctype:
        raise UnreadableError("SOAP 1.1 forbids a document type")
    content = root.find(f"{{{_ENVELOPE}}}Body/*") if root.tag == f"{{{_ENVELOPE}}}Envelope" else None
    if content is None:
        raise UnreadableError("expected a SOAP 1.1 envelope")
    return content


def _record(citizen: etree._Element) -> Record:
    def text(*path: str) -> str:
        return (citizen.findtext("/".join(f"{{*}}{name}" for name in path)) or "").strip()

    return Record(
        personal_number=text("SoDinhDanh"),
        full_name=" ".join(filter(None, (text("HoVaTen", part) for part in ("Ho", "ChuDem", "Ten")))),
        birth_date=text("NgayThangNamSinh", "NgayThangNam"),
        birth_year=text("NgayThangNamSinh", "Nam"),
    )
