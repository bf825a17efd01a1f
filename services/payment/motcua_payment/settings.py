"""Payment's own settings."""

from pydantic import Field, SecretStr

from motcua_chassis.settings import ChassisSettings, Duration
from motcua_payment.domain import NOTICE_GRACE, PAYMENT_WINDOW


class Settings(ChassisSettings):
    """The terminal at VNPay, and how long a payer has."""

    vnpay_url: str
    vnpay_api_url: str = "https://sandbox.vnpayment.vn/merchant_webapi/api/transaction"
    """Where VNPay is asked about a transaction and told to refund it."""
    vnpay_tmn_code: str
    vnpay_secret: SecretStr
    vnpay_secret_also: SecretStr | None = None
    """What VNPay signs with while the secret is changed, the next or the last one: accepted, never signed with."""
    vnpay_timeout: float = Field(default=15.0, gt=0, le=60)
    """Seconds for one question to VNPay, or one order to refund."""
    server_ip: str = Field(default="127.0.0.1", max_length=45)
    """The address VNPay sees us come from; it wants to be told."""
    return_url: str
    """Where VNPay sends the payer back to."""
    payment_window: Duration = PAYMENT_WINDOW
    """How long an order can be paid."""
    notice_grace: Duration = NOTICE_GRACE
    """How long after that a payment may be completed and its notice come; then VNPay is asked."""
    expiry_attempts: int = Field(default=200, ge=1, le=10_000)
    """Questions about an unpaid order before it expires unanswered; with their pauses, 200 take three days."""
    refund_attempts: int = Field(default=60, ge=1, le=1_000)
    """Tries before an officer has to see to a refund; with their pauses, 60 take three quarters of an hour."""
