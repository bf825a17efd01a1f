"""Intake over HTTP, gathered: citizens, officers, the other services, the catalogue; and what refusals say."""

from motcua_chassis.problems import Sentences
from motcua_intake import case_files, citizens, counter, internal, officers, procedures, tracking, uploads

ROUTERS = (
    citizens.router,
    tracking.router,
    uploads.router,
    officers.router,
    counter.router,
    case_files.router,
    procedures.router,
    internal.router,
)

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
    "too-late-to-withdraw": (
        "Hồ sơ {vi}; không rút được nữa.",
        "The application is {en}; it can no longer be withdrawn.",
    ),
    "verification-not-applicable": (
        "Thủ tục này không có thời hạn xác minh.",
        "This procedure has no time limit for verification.",
    ),
    "already-extended": (
        "Hồ sơ đã được hẹn lại một lần; không hẹn lại lần nữa.",
        "The appointment was put off once already; it cannot be put off again.",
    ),
    "extension-not-allowed": (
        "Hồ sơ này không được hẹn lại ngày trả kết quả.",
        "The appointment of this application cannot be put off.",
    ),
    "extension-too-long": (
        "Thủ tục này chỉ được hẹn lại tối đa {at_most} ngày làm việc.",
        "This procedure may be put off by {at_most} working days at most.",
    ),
    "too-many-supplements": (
        "Thủ tục này chỉ được yêu cầu bổ sung tối đa {at_most} lần.",
        "This procedure allows {at_most} supplement requests at most.",
    ),
    "supplement-item-unknown": (
        "Thủ tục này không có các mục: {items}.",
        "This procedure has no such places: {items}.",
    ),
    "supplement-incomplete": (
        "Cần bổ sung đủ, đúng các mục: {items}.",
        "Exactly these must be supplied: {items}.",
    ),
    "ground-missing": ("Từ chối phải nêu lý do.", "A refusal needs a ground."),
    "ground-not-applicable": ("Chấp thuận không có lý do từ chối.", "What is granted has no ground of refusal."),
    "not-accepted-yet": (
        "Hồ sơ chưa được tiếp nhận nên chưa có thời hạn giải quyết.",
        "The application has not been accepted, so no time limit runs yet.",
    ),
    "not-your-agency": (
        "Cán bộ chỉ nộp thay hồ sơ tại cơ quan của mình.",
        "Officers file only at their own agency.",
    ),
    "applicant-erased": (
        "Dữ liệu cá nhân của hồ sơ này đã được xóa.",
        "The personal data of this application were erased.",
    ),
    "document-not-found": ("Hồ sơ không có giấy tờ này.", "The application has no such document."),
    "upload-taken": (
        "Tệp đính kèm vừa được dùng cho một yêu cầu khác.",
        "An upload was just used by another request.",
    ),
    "upload-of-another-kind": (
        "Chỉ nhận tệp PDF, JPEG hoặc PNG.",
        "Only PDF, JPEG and PNG are taken.",
    ),
    "upload-not-what-it-says": (
        "Nội dung tệp không phải {kind}.",
        "The content is not {kind}.",
    ),
    "upload-too-large": ("Tệp lớn quá 10 MB.", "The file is larger than 10 MB."),
}
