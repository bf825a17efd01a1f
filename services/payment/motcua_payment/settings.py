"""Payment's own settings."""

from motcua_chassis.settings import ChassisSettings
from pydantic import SecretStr


class Settings(ChassisSettings):
    """The terminal at VNPay."""

    vnpay_url: str
    vnpay_tmn_code: str
    vnpay_secret: SecretStr
    return_url: str
    """Where VNPay sends the payer back to."""
