"""The page on which VNPay sets a payer down again. It tells, and changes nothing: only the signed notice settles."""

from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from motcua_payment.api import AtVnPay

router = APIRouter(tags=["payments"])

_PAGE = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Motcua</title>
<style>body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}}
p[lang=en]{{color:#555}}</style>
</head><body><h1>{title}</h1><p>{vi}</p><p lang="en">{en}</p>{order}</body></html>"""

_PAID = (
    "Đã thanh toán",
    "VNPay báo đã nhận tiền. Biên lai điện tử được gửi qua thư điện tử ngay khi có thông báo chính thức từ VNPay.",
    "VNPay reports that it has received the money. The receipt is e-mailed as soon as VNPay's formal notice arrives.",
)
_NOT_PAID = (
    "Chưa thanh toán",
    "Giao dịch chưa hoàn tất, chưa có khoản tiền nào được ghi nhận. Quý vị có thể thanh toán lại từ trang hồ sơ.",
    "The payment was not completed and nothing has been recorded. You can pay again from your application's page.",
)
_UNKNOWN = (
    "Không đọc được kết quả",
    "Đường dẫn này không phải do VNPay ký. Vui lòng xem tình trạng thanh toán tại trang hồ sơ.",
    "This address was not signed by VNPay. Please look at your application's page for the state of the payment.",
)


@router.get(
    "/payments/return",
    summary="Where VNPay sends the payer back to",
    response_class=HTMLResponse,
    responses={400: {"description": "Not signed by VNPay", "content": {"text/html": {}}}},
)
async def payer_returns(request: Request, gateway: AtVnPay) -> HTMLResponse:
    """Tells the payer in Vietnamese and English how the payment went; 400 if VNPay did not sign the address."""
    notice = gateway.read(request.query_params.multi_items())
    if notice is None:
        return HTMLResponse(_page(_UNKNOWN), 400)
    return HTMLResponse(_page(_PAID if notice.confirmed else _NOT_PAID, notice.order))


def _page(words: tuple[str, str, str], order: str = "") -> str:
    title, vi, en = words
    shown = f"<p><small>{escape(order)}</small></p>" if order else ""
    return _PAGE.format(title=title, vi=vi, en=en, order=shown)
