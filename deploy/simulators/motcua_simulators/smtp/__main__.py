"""Runs the mail server."""

from motcua_simulators.ledger import Ledger
from motcua_simulators.process import arguments, serve
from motcua_simulators.smtp.api import smtp_api


def main() -> None:
    """Read the arguments and serve."""
    parser = arguments("smtp")
    parser.add_argument("--smtp-port", type=int, required=True)
    given = parser.parse_args()
    serve(smtp_api(Ledger(given.ledger, "messages"), given.host, given.smtp_port), given.host, given.port)


if __name__ == "__main__":
    main()
