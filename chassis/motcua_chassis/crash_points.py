"""Named places where a fault test may end the process at once, as a power cut would.

Disarmed (always, outside of fault tests) a point costs one comparison.
"""

import os

_armed: str | None = None
_countdown = 0


def arm(spec: str | None) -> None:
    """`"path.before-commit:3"` ends the process the third time that point is reached; None disarms."""
    global _armed, _countdown  # one process, one trap
    name, _, count = (spec or "").partition(":")
    _armed, _countdown = name or None, int(count or 1)


def reach(point: str) -> None:
    """End the process with exit code 137 and no clean-up if this point is armed and its count has come."""
    global _countdown  # noqa: PLW0603
    if _armed != point:
        return
    _countdown -= 1
    if _countdown == 0:
        os._exit(137)
