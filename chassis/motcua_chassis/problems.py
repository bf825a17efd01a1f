"""Errors as people and programs read them: RFC 9457 problem details, in Vietnamese and English, all faults at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from motcua_chassis.failures import Failure, OverloadedError, classify
from motcua_chassis.log import describe
from motcua_chassis.message import Refusal

log = structlog.get_logger()

Sentences = Mapping[str, tuple[str, str]]
"""Stable code -> (Vietnamese, English) sentence, with `{name}` for parameters."""

CHASSIS_SENTENCES: Sentences = {
    "invalid-request": ("Yêu cầu có dữ liệu chưa hợp lệ.", "The request holds invalid data."),
    "not-authenticated": ("Cần đăng nhập bằng mã truy cập hợp lệ.", "A valid access token is needed."),
    "not-allowed": ("Tài khoản này không có quyền thực hiện.", "This account may not do that."),
    "not-found": ("Không tìm thấy.", "Not found."),
    "overloaded": (
        "Hệ thống đang bận, vui lòng thử lại sau vài giây.",
        "The system is busy; please try again in a few seconds.",
    ),
    "internal-error": (
        "Lỗi hệ thống. Vui lòng báo mã lỗi {error_id}.",
        "Internal error. Please report the error id {error_id}.",
    ),
    "idempotency-key-reused": (
        "Khóa chống trùng này đã dùng cho một yêu cầu khác.",
        "This idempotency key was used for a different request.",
    ),
    "body-too-large": ("Nội dung yêu cầu lớn quá {largest}.", "The request's body is larger than {largest}."),
    "http-error": ("Yêu cầu không thực hiện được.", "The request cannot be served."),
}


class Fault(BaseModel):
    """One thing wrong with the request, and where."""

    pointer: str = Field(
        description="JSON pointer into the body, or the parameter's place", examples=["/applicant/email"]
    )
    code: str = Field(examples=["missing"])
    vi: str
    en: str


class Problem(BaseModel):
    """RFC 9457 problem details; `code` is stable, the sentences may be reworded."""

    type: str = Field(examples=["urn:motcua:problem:invalid-request"])
    title: str = Field(examples=["The request holds invalid data."])
    status: int = Field(examples=[422])
    code: str = Field(examples=["invalid-request"])
    detail_vi: str
    detail_en: str
    error_id: str | None = None
    faults: list[Fault] = []


class ProblemError(Exception):
    """Ends a request with this problem."""

    def __init__(
        self, code: str, status: int, params: Mapping[str, str] | None = None, faults: Sequence[Fault] = ()
    ) -> None:
        super().__init__(code)
        self.code, self.status, self.params, self.faults = code, status, params or {}, faults


def refused(refusal: Refusal) -> ProblemError:
    """The problem that tells a refusal."""
    return ProblemError(refusal.code, refusal.status, refusal.params)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route that may end with these problems."""
    return {
        status: {"model": Problem, "content": {"application/problem+json": {}}}
        for status in (401, 403, 422, 500, 503, *statuses)
    }


def install(app: FastAPI, sentences: Sentences) -> None:
    """Turn every error of this app into a problem."""
    known = {**CHASSIS_SENTENCES, **sentences}

    def respond(
        problem: ProblemError, error_id: str | None = None, own_headers: Mapping[str, str] | None = None
    ) -> Response:
        vi, en = known.get(problem.code, known["http-error"])
        params = {**problem.params, "error_id": error_id or ""}
        body = Problem(
            type=f"urn:motcua:problem:{problem.code}",
            title=en.format_map(_Forgiving(params)),
            status=problem.status,
            code=problem.code,
            detail_vi=vi.format_map(_Forgiving(params)),
            detail_en=en.format_map(_Forgiving(params)),
            error_id=error_id,
            faults=list(problem.faults),
        )
        headers = dict(own_headers or {})
        if problem.status == 503:
            headers["Retry-After"] = "2"
        if problem.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse(
            body.model_dump(exclude_none=True), problem.status, headers, media_type="application/problem+json"
        )

    async def on_problem(_request: Request, error: Exception) -> Response:
        return respond(error) if isinstance(error, ProblemError) else respond(ProblemError("internal-error", 500))

    async def on_invalid(_request: Request, error: Exception) -> Response:
        faults = [_fault(e) for e in error.errors()] if isinstance(error, RequestValidationError) else []
        return respond(ProblemError("invalid-request", 422, faults=faults))

    async def on_http(request: Request, error: Exception) -> Response:
        problem, own_headers = _told_by(request, error)
        return respond(problem, own_headers=own_headers)

    async def on_overload(_request: Request, _error: Exception) -> Response:
        return respond(ProblemError("overloaded", 503))

    async def on_defect(request: Request, error: Exception) -> Response:
        if classify(error) is Failure.TRANSIENT:  # the database is away: the caller may come back
            return respond(ProblemError("overloaded", 503))
        error_id = uuid4().hex
        route = request.scope.get("route")
        log.error("http.failed", error_id=error_id, route=getattr(route, "path", None), **describe(error))
        return respond(ProblemError("internal-error", 500), error_id)

    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(OverloadedError, on_overload)
    app.add_exception_handler(Exception, on_defect)


_CODES = {404: "not-found", 500: "internal-error"}


def _told_by(request: Request, error: Exception) -> tuple[ProblemError, Mapping[str, str] | None]:
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    if status == 405:
        return ProblemError("http-error", status), {"Allow": _allowed(request)}
    if isinstance(error, HTTPException) and status == 413:
        return ProblemError("body-too-large", status, {"largest": error.detail}), headers
    if status == 400:  # FastAPI's only one: a body that is no text at all
        return ProblemError("invalid-request", 422, faults=[_UNREADABLE]), headers
    return ProblemError(_CODES.get(status, "http-error"), status), headers


def _allowed(request: Request) -> str:
    """The methods of every route at this path: the framework names only those of the first."""
    met = (route for route in request.app.state.routes if route.matches(request.scope)[0] is not Match.NONE)
    return ", ".join(sorted({method for route in met for method in getattr(route, "methods", None) or ()}))


class _Forgiving(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


_VIETNAMESE = {
    "missing": "thiếu trường bắt buộc",
    "extra_forbidden": "trường không được phép",
    "string_pattern_mismatch": "không đúng định dạng",
    "enum": "không thuộc danh mục cho phép",
    "date_parsing": "không phải ngày hợp lệ (YYYY-MM-DD)",
    "date_from_datetime_parsing": "không phải ngày hợp lệ (YYYY-MM-DD)",
    "datetime_parsing": "không phải thời điểm hợp lệ",
    "uuid_parsing": "không phải mã định danh (UUID) hợp lệ",
    "int_type": "phải là số nguyên",
    "int_parsing": "phải là số nguyên",
    "bool_parsing": "phải là đúng hoặc sai",
    "string_type": "phải là chuỗi ký tự",
    "string_too_short": "quá ngắn",
    "string_too_long": "quá dài",
    "greater_than_equal": "nhỏ hơn mức cho phép",
    "less_than_equal": "vượt mức cho phép",
    "too_long": "quá nhiều phần tử",
    "json_invalid": "nội dung không phải JSON hợp lệ",
}


_UNREADABLE = Fault(
    pointer="", code="json_invalid", vi=_VIETNAMESE["json_invalid"], en="The body is not valid JSON in UTF-8"
)


def _escaped(name: str) -> str:
    """As a JSON pointer writes it (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def _fault(error: Mapping[str, Any]) -> Fault:
    place = [str(part) for part in error["loc"]]
    pointer = "".join(f"/{_escaped(part)}" for part in place[1:]) if place[:1] == ["body"] else ":".join(place)
    code = str(error["type"])
    vietnamese = error.get("ctx", {}).get("vi") if isinstance(error.get("ctx"), Mapping) else None
    return Fault(
        pointer=pointer, code=code, vi=vietnamese or _VIETNAMESE.get(code, "giá trị không hợp lệ"), en=str(error["msg"])
    )
