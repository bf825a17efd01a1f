"""`python -m motcua_contracts.catalogue`: write the catalogue as a static site. Exit code 1: a word is missing."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from motcua_contracts.catalogue.site import build, write
from motcua_contracts.catalogue.words import WordsError, load_words

_HERE = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and write it, and say where it is."""
    parser = argparse.ArgumentParser(prog="motcua_contracts.catalogue", description=__doc__)
    parser.add_argument("--contracts", type=Path, default=_HERE, help="the contracts directory (default: this one)")
    parser.add_argument("--site", type=Path, help="where to write (default: site/ in the contracts directory)")
    options = parser.parse_args(arguments)
    site = options.site or options.contracts / "site"
    try:
        write(site, build(options.contracts, load_words()))
    except WordsError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    sys.stdout.write(f"{site / 'index.html'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
