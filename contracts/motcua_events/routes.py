"""Where a replay sends the records of each recorded topic."""

from collections.abc import Iterable, Sequence

from motcua_events.failure import ToolError


def routes(topics: Iterable[str], into: Sequence[str]) -> dict[str, str]:
    """`into` holds prefixes for every topic, and `a=b` for one of them. Raises `ToolError`."""
    recorded = set(topics)
    prefixes = [each for each in into if "=" not in each]
    if len(prefixes) > 1:
        raise ToolError(f"--into names {len(prefixes)} prefixes: {', '.join(prefixes)}")
    found = {topic: f"{prefixes[0]}{topic}" if prefixes else topic for topic in recorded}
    for each in into:
        old, equals, new = each.partition("=")
        if not equals:
            continue
        if old not in recorded or not new:
            raise ToolError(f"--into {each}: the recording has {', '.join(sorted(recorded))}")
        found[old] = new
    if len(set(found.values())) < len(found):
        raise ToolError("--into sends two topics into one: their sequence of events would mix")
    return found
