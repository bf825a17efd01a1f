"""Payment's own settings."""

from pydantic import SecretStr

from motcua_chassis.settings import ChassisSettings


class Settings(ChassisSettings):
    """The terminal at VNPay."""

    vnpay_url: str
    vnpay_tmn_code: str
    vnpay_secret: SecretStr
    return_url: str
    """Where VNPay sends the payer back to."""
