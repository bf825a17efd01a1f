"""`python -m motcua_contracts.tools generate [--check]`: write schemas, examples and AsyncAPI, or say what drifted."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from motcua_contracts.tools.artefacts import Drift, artefacts, drifts, write
from motcua_contracts.tools.topics import TopicError

_HERE = Path(__file__).resolve().parents[2]
_MEND = "python -m motcua_contracts.tools generate"


def main(arguments: Sequence[str] | None = None) -> int:
    """0: in order; 1: drift or orphans, listed; 2: the topics cannot be read."""
    options = _parser().parse_args(arguments)
    contracts: Path = options.contracts
    try:
        wanted = artefacts(contracts)
    except (TopicError, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    if not options.check:
        write(contracts, wanted)
    found = drifts(contracts, wanted)
    for drift in found:
        sys.stdout.write(_report(drift))
    if options.check and found:
        sys.stdout.write(f"\n{len(found)} file(s) drifted from the event models. To mend: {_MEND}\n")
    return 1 if found else 0


def _report(drift: Drift) -> str:
    return f"{drift.path} {drift.fault}\n" + (f"{drift.excerpt}\n" if drift.excerpt else "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="motcua_contracts.tools", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    generate = commands.add_parser("generate", help="write schemas, examples and AsyncAPI from the event models")
    generate.add_argument("--check", action="store_true", help="write nothing; exit 1 and list what drifted")
    generate.add_argument("--contracts", type=Path, default=_HERE, help="the contracts directory (default: this one)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
