"""Runs the population registry."""

from motcua_simulators.ledger import Ledger
from motcua_simulators.process import arguments, serve
from motcua_simulators.registry.api import registry_api


def main() -> None:
    """Read the arguments and serve."""
    given = arguments("registry").parse_args()
    serve(registry_api(Ledger(given.ledger, "people", "requests")), given.host, given.port)


if __name__ == "__main__":
    main()
