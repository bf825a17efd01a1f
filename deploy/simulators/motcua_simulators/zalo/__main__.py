"""Runs Zalo's notification service for one official account."""

from motcua_simulators.ledger import Ledger
from motcua_simulators.process import arguments, serve
from motcua_simulators.zalo.api import zalo_api
from motcua_simulators.zalo.service import STREAMS


def main() -> None:
    """Read the arguments and serve."""
    parser = arguments("zalo")
    parser.add_argument("--token", default="t", help="the only valid access_token")
    given = parser.parse_args()
    serve(zalo_api(given.token, Ledger(given.ledger, *STREAMS)), given.host, given.port)


if __name__ == "__main__":
    main()
