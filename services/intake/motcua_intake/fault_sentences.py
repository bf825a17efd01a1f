"""What people read about each fault of substance, in Vietnamese and English."""

from collections.abc import Mapping

from motcua_intake import personal_number
from motcua_intake.form import FAULTS

SENTENCES: Mapping[str, tuple[str, str]] = {
    "procedure-unknown": (
        "thủ tục không có trong danh mục hiện hành",
        "No such procedure is in force",
    ),
    "agency-unknown": ("không có cơ quan mang mã này", "No agency has this code"),
    "agency-does-not-take-procedure": (
        "cơ quan này không tiếp nhận thủ tục đã chọn",
        "This agency does not take this procedure",
    ),
    "channel-not-offered": (
        "thủ tục này không nộp được bằng hình thức đã chọn",
        "This procedure cannot be filed through this channel",
    ),
    "channel-not-on-portal": (
        "tự nộp hồ sơ trên cổng là nộp trực tuyến",
        "What one files oneself is filed online",
    ),
    "channel-not-at-counter": (
        "hồ sơ cán bộ nhập là hồ sơ nộp trực tiếp hoặc qua bưu chính",
        "What an officer files came in person or by post",
    ),
    "beneficiary-not-applicable": (
        "đối tượng này không thuộc diện miễn, giảm của thủ tục",
        "This group has no exemption or reduction for this procedure",
    ),
    "condition-not-applicable": (
        "điều kiện này không áp dụng cho thủ tục",
        "This condition does not apply to this procedure",
    ),
    "date-of-birth-impossible": ("ngày sinh không thể có", "Nobody who applies was born that day"),
    "no-contact": ("cần ít nhất thư điện tử hoặc số điện thoại", "At least an e-mail address or a phone is needed"),
    "contact-by-without-address": (
        "chưa có địa chỉ cho hình thức liên lạc này",
        "There is no address for this way of being told",
    ),
    "contact-by-twice": ("hình thức liên lạc này đã có ở trên", "This way of being told is there already"),
    "field-unknown": ("biểu mẫu của thủ tục không có mục này", "The procedure's form has no such field"),
    "document-required": ("thiếu giấy tờ bắt buộc", "This document is required"),
    "document-unknown": ("thủ tục không yêu cầu giấy tờ này", "The procedure asks for no such document"),
    "upload-twice": ("một tệp không dùng cho hai giấy tờ", "One upload cannot be two documents"),
    "upload-unknown": (
        "không có tệp này, tệp đã được dùng hoặc đã quá hạn sử dụng",
        "There is no such upload of yours, or it was used, or it is too old",
    ),
    "supplement-missing": ("cơ quan yêu cầu bổ sung mục này", "The agency asks for this"),
    "supplement-not-asked": ("cơ quan không yêu cầu bổ sung mục này", "The agency does not ask for this"),
    "ground-missing": ("từ chối phải nêu lý do", "A refusal needs a ground"),
    "ground-not-applicable": ("chấp thuận không có lý do từ chối", "What is granted has no ground of refusal"),
    "item-twice": ("mục này đã được đánh dấu", "This place is marked already"),
    personal_number.Fault.NOT_TWELVE_DIGITS.value: (
        "số định danh cá nhân gồm 12 chữ số",
        "A personal number has twelve digits",
    ),
    personal_number.Fault.BIRTH_YEAR_DIFFERS.value: (
        "số định danh cá nhân không khớp với năm sinh",
        "The personal number contradicts the year of birth",
    ),
    personal_number.Fault.GENDER_DIFFERS.value: (
        "số định danh cá nhân không khớp với giới tính",
        "The personal number contradicts the gender",
    ),
    **{fault.value: (name.vi, name.en) for fault, name in FAULTS.items()},
}
