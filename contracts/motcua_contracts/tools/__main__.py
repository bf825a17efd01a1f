"""`python -m motcua_contracts.tools generate | compatibility | publish | retire`: what is derived, promised and ended.

Exit codes: 0 in order; 1 something has to be mended, and it is listed; 2 the input cannot be read.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from motcua_contracts import CATALOGUE
from motcua_contracts.tools.artefacts import Drift, artefacts, drifts, write
from motcua_contracts.tools.compatibility import Verdict
from motcua_contracts.tools.published import PublishedError, differences, load_published, publish, unpublished
from motcua_contracts.tools.retirement import find, obstacles, retire
from motcua_contracts.tools.topics import TopicError, load_topics

_HERE = Path(__file__).resolve().parents[2]
_MEND = "python -m motcua_contracts.tools generate"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and answer its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (TopicError, PublishedError, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    return code


def _generate(options: argparse.Namespace) -> int:
    wanted = artefacts(options.contracts)
    if not options.check:
        write(options.contracts, wanted)
    found = drifts(options.contracts, wanted)
    for drift in found:
        sys.stdout.write(_report(drift))
    if options.check and found:
        sys.stdout.write(f"\n{len(found)} file(s) drifted from the event models. To mend: {_MEND}\n")
    return 1 if found else 0


def _report(drift: Drift) -> str:
    return f"{drift.path} {drift.fault}\n" + (f"{drift.excerpt}\n" if drift.excerpt else "")


def _compatibility(options: argparse.Namespace) -> int:
    published, topics = load_published(options.contracts), load_topics(options.contracts / "topics")
    found = list(differences(published))
    for event, difference in found:
        sys.stdout.write(f"{event}: {difference}\n")
    early = [
        f"{name}: refused: retired too early: {why}\n"
        for name, entry in published.items()
        if entry.retired and name not in CATALOGUE
        for why in obstacles(name, topics, entry.retired.last_written)
    ]
    sys.stdout.writelines(early)
    refused = len(early) + sum(difference.verdict is Verdict.REFUSED for _, difference in found)
    for name in unpublished(published):
        sys.stdout.write(f"{name}: not published yet, may still change\n")
    sys.stdout.write(f"{len(published)} published versions compared, {refused} breaking change(s)\n")
    return 1 if refused else 0


def _publish(options: argparse.Namespace) -> int:
    for name in publish(options.contracts):
        sys.stdout.write(f"{name}: published\n")
    return 0


def _retire(options: argparse.Namespace) -> int:
    entry = find(options.type, load_published(options.contracts))
    topics = load_topics(options.contracts / "topics")
    found = list(obstacles(options.type, topics, options.last_written))
    if found:
        sys.stdout.write(f"{options.type} has to stay:\n" + "".join(f"- {why}\n" for why in found))
        return 1
    retire(options.contracts, options.type, entry, options.last_written)
    sys.stdout.write(
        f"{options.type} is retired. Now delete its class, its upcast() in the next version, and "
        f"schemas/ and examples/{options.type}.json; keep published/{options.type}.json; then: {_MEND}\n"
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="motcua_contracts.tools", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.add_argument("--contracts", type=Path, default=_HERE, help="the contracts directory (default: this one)")
        made.set_defaults(run=run)
        return made

    generate = command("generate", _generate, "write schemas, examples and AsyncAPI from the event models")
    generate.add_argument("--check", action="store_true", help="write nothing; exit 1 and list what drifted")
    command("compatibility", _compatibility, "compare every event with what was published; exit 1 on a breaking change")
    command("publish", _publish, "take today's schemas as those of the version in pyproject.toml, at a release")
    ends = command("retire", _retire, "end an event version, unless somebody reads it or a topic still holds it")
    ends.add_argument("type", help="e.g. vn.motcua.payment.received-late.v1")
    ends.add_argument("--last-written", type=date.fromisoformat, help="the day its last record was written, YYYY-MM-DD")
    return parser


if __name__ == "__main__":
    sys.exit(main())
