"""Wires payment together: what it reads, how it decides, what it shows."""

from motcua_chassis.service import Service, run
from motcua_contracts import IdentityVerified, Stream
from motcua_payment import api, domain, return_page, store
from motcua_payment.fees import load_fees
from motcua_payment.gateway import VnPay
from motcua_payment.settings import Settings


def service(settings: Settings) -> Service[domain.Payment]:
    """The payment service under these settings."""
    secret = settings.vnpay_secret.get_secret_value()
    return Service(
        stream=Stream.PAYMENT,
        title="Motcua payment",
        reads=[IdentityVerified],
        decider=domain.decider(load_fees()),
        timers=[domain.EXPIRY],
        project=store.project,
        routers=[return_page.router, api.router],
        sentences=api.SENTENCES,
        state=VnPay(settings.vnpay_url, settings.vnpay_tmn_code, secret, settings.return_url),
    )


if __name__ == "__main__":
    settings = Settings()
    run(service(settings), settings)
