"""Intake over HTTP, gathered: citizens, officers, the other services, the catalogue; and what refusals say."""

from motcua_chassis.problems import Sentences
from motcua_intake import citizens, internal, officers, procedures

ROUTERS = (citizens.router, officers.router, procedures.router, internal.router)

SENTENCES: Sentences = {
    "application-not-found": ("Không tìm thấy hồ sơ này.", "There is no such application."),
    "procedure-not-found": (
        "Thủ tục không có trong danh mục hiện hành.",
        "No such procedure is in force.",
    ),
    "procedure-not-in-force": (
        "Thủ tục {procedure} không có trong danh mục áp dụng cho hồ sơ này.",
        "Procedure {procedure} is not in the catalogue that applies to this application.",
    ),
    "wrong-status": (
        "Hồ sơ {vi}; không thực hiện được bước này.",
        "The application is {en}; this step cannot be taken.",
    ),
}
