"""The pages a payer sees, in Vietnamese and English; everything that came from outside is escaped."""

from html import escape
from pathlib import Path
from string import Template

from motcua_simulators.vnpay.order import Order

_PAGE = Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))
_REASONS = {
    "03": "Dữ liệu không hợp lệ / Invalid data",
    "15": "Đã hết thời gian thanh toán / The time to pay is over",
    "32": "Số tiền không hợp lệ / Invalid amount",
    "70": "Sai chữ ký / Wrong signature",
    "72": "Không tìm thấy đơn vị chấp nhận thanh toán / Unknown merchant",
    "99": "Hệ thống đang bảo trì / The system is under maintenance",
}


def payment_page(order: Order, token: str) -> str:
    """What is to be paid, with the form that pays or cancels it."""
    return _page(
        "Thanh toán / Payment",
        f"{_summary(order)}"
        '<form method="post" action="/paymentv2/confirm">'
        f'<input type="hidden" name="token" value="{escape(token)}">'
        '<button name="result" value="00">Thanh toán / Pay</button>'
        '<button name="result" value="24">Huỷ / Cancel</button>'
        "</form>",
        order.locale,
    )


def paid_page(order: Order) -> str:
    """Says that nothing more is to be paid."""
    body = f"<p>Giao dịch này đã được thanh toán. / This transaction is already paid.</p>{_summary(order)}"
    return _page("Đã thanh toán / Already paid", body, order.locale)


def error_page(code: str, reason: str) -> str:
    """Why nothing can be paid here."""
    body = f"<p>{_REASONS.get(code, 'Lỗi / Error')} (code {escape(code)})</p><p><small>{escape(reason)}</small></p>"
    return _page("Không thể thanh toán / Cannot pay", body, "vn")


def dong(amount: int) -> str:
    """Money as it is written in Vietnam: 1.234.567 đ."""
    return f"{amount:,}".replace(",", ".") + " đ"


def _summary(order: Order) -> str:
    return (
        f"<dl><dt>Mã giao dịch / Transaction</dt><dd>{escape(order.txn_ref)}</dd>"
        f"<dt>Nội dung / Description</dt><dd>{escape(order.info)}</dd>"
        f"<dt>Số tiền / Amount</dt><dd>{dong(order.amount)}</dd></dl>"
    )


def _page(title: str, body: str, locale: str) -> str:
    return _PAGE.substitute(title=title, body=body, lang="en" if locale == "en" else "vi")
