"""Runs the VNPay gateway for one merchant."""

from motcua_simulators.ledger import Ledger
from motcua_simulators.process import arguments, serve
from motcua_simulators.vnpay.api import vnpay_api
from motcua_simulators.vnpay.gateway import STREAMS, Merchant


def main() -> None:
    """Read the arguments and serve."""
    parser = arguments("vnpay")
    parser.add_argument("--tmn-code", required=True, help="the merchant's terminal")
    parser.add_argument("--secret", required=True, help="the secret shared with the merchant")
    parser.add_argument("--ipn-url", help="where results are reported; also PUT /control/merchant")
    parser.add_argument(
        "--ipn-retry-seconds", type=float, default=0.5, help="first pause between reports, then doubled"
    )
    parser.add_argument("--minimum-amount", type=int, default=1, help="VND; 5000 as the real gateway is said to ask")
    given = parser.parse_args()
    merchant = Merchant(given.tmn_code, given.secret, given.ipn_url, given.minimum_amount)
    app = vnpay_api(merchant, Ledger(given.ledger, *STREAMS), given.ipn_retry_seconds)
    serve(app, given.host, given.port)


if __name__ == "__main__":
    main()
