"""Runs one aggregator; a second one is the same with another name, port and ledger."""

from motcua_simulators.ledger import Ledger
from motcua_simulators.process import arguments, serve
from motcua_simulators.sms.aggregator import STREAMS, Account
from motcua_simulators.sms.api import sms_api


def main() -> None:
    """Read the arguments and serve."""
    parser = arguments("sms")
    parser.add_argument("--name", default="sms", help="what its health says it is, e.g. sms-one")
    parser.add_argument("--api-key", default="k", help="the ApiKey of its only customer")
    parser.add_argument("--secret", default="s", help="the SecretKey of its only customer")
    parser.add_argument("--brand", default="MOTCUA", help="the only registered brand name")
    given = parser.parse_args()
    account = Account(given.api_key, given.secret, given.brand)
    serve(sms_api(given.name, account, Ledger(given.ledger, *STREAMS)), given.host, given.port)


if __name__ == "__main__":
    main()
