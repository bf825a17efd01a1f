"""What the citizens of the demo apply for: procedures with their agencies, required fields and documents. Data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from motcua_local.demo.scripts import Fee


@dataclass(frozen=True)
class Form:
    """One way to apply. `marks` is what an officer marks when a supplement is needed."""

    procedure: str
    agencies: tuple[str, ...]
    beneficiary: str = "none"
    pages: int = 1
    fields: Mapping[str, str] = field(default_factory=dict)
    documents: tuple[str, ...] = ()
    marks: tuple[str, ...] = ("contact.phone",)


_WARDS = ("H29.25.12", "H29.25.13", "H26.30", "H55.242", "H15.50.05.13")
_POLICE = ("G01.29", "G01.26")
_COPY = Form("2.000815", _WARDS, pages=4, documents=("original",), marks=("document.original",))
_BUSINESS = Form(
    "1.001612",
    ("H26.30", "H15.50.05.13"),
    fields={"business-name": "Hộ kinh doanh Mẫu"},
    marks=("field.business-name", "contact.phone"),
)
_RESIDENCE = Form(
    "1.004222",
    ("G01.29.12", "G01.26.30"),
    fields={"new-address": "12 đường Mẫu, phường Sài Gòn"},
    marks=("field.new-address",),
)
_RECORD = Form("3.000333", _POLICE, fields={"certificate": "number-1"}, marks=("field.certificate",))
_LICENCE = Form("3.000347", _POLICE, fields={"licence-number": "790123456789"}, marks=("field.licence-number",))
_COPIES = (_COPY, replace(_COPY, pages=12))

_BIRTH = Form("1.001193", _WARDS, fields={"child-name": "NGUYỄN AN BÌNH"}, marks=("field.child-name",))

FORMS: Mapping[Fee, tuple[Form, ...]] = {
    Fee.OWED: (*_COPIES, _BUSINESS, _RESIDENCE, _RECORD, replace(_RECORD, beneficiary="student"), _LICENCE),
    Fee.NONE: (
        Form("1.000894", _WARDS, fields={"partner-name": "TRẦN THỊ MẪU"}),
        Form("2.000908", _WARDS, fields={"register": "civil-status"}),
        _BIRTH,
        replace(_BUSINESS, agencies=("H29.25.12", "H29.25.13")),
        replace(_RECORD, beneficiary="poor-household"),
        replace(_RESIDENCE, agencies=("G01.29.12",), beneficiary="elderly"),
    ),
    Fee.PER_PAGE: _COPIES,
    Fee.KEPT: (_RECORD,),
    Fee.FOUR_EYES: (_RECORD,),
}
