"""Wires payment together: what it reads, how it decides, what it shows."""

from motcua_chassis.service import Service, run
from motcua_contracts import (
    ApplicationDecided,
    ApplicationDeclined,
    ApplicationStopped,
    ApplicationWithdrawn,
    IdentityVerified,
    Stream,
)
from motcua_payment import api, domain, metrics, refund_api, return_page, store, wording
from motcua_payment.fees import load_fees
from motcua_payment.gateway import VnPay
from motcua_payment.inquirer import Inquirer
from motcua_payment.merchant_api import MerchantApi
from motcua_payment.refunder import Refunder
from motcua_payment.settings import Settings


def service(settings: Settings) -> Service[domain.Payment]:
    """The payment service under these settings."""
    terminal, secret = settings.vnpay_tmn_code, settings.vnpay_secret.get_secret_value()
    also = settings.vnpay_secret_also.get_secret_value() if settings.vnpay_secret_also else None

    def merchant() -> MerchantApi:  # each adapter closes its own
        return MerchantApi(settings.vnpay_api_url, terminal, secret, settings.server_ip, settings.vnpay_timeout, also)

    return Service(
        stream=Stream.PAYMENT,
        title="Motcua payment",
        reads=[IdentityVerified, ApplicationWithdrawn, ApplicationDeclined, ApplicationDecided, ApplicationStopped],
        decider=domain.decider(load_fees(), settings.payment_window, settings.notice_grace),
        adapters=[
            Refunder(merchant(), settings.refund_attempts),
            Inquirer(merchant(), settings.expiry_attempts),
        ],
        project=store.project,
        routers=[return_page.router, api.router, refund_api.router],
        sentences=wording.SENTENCES,
        collectors=[metrics.Money()],
        state=VnPay(settings.vnpay_url, terminal, secret, settings.return_url, also),
    )


if __name__ == "__main__":
    settings = Settings()
    run(service(settings), settings)
