"""A whole system that stands, and what can be done to it besides."""

from dataclasses import dataclass

from motcua_local.stack import Stack
from tests.failures.drill.clock import Clock
from tests.failures.drill.deaths import Deaths
from tests.failures.drill.lined_stack import Lines
from tests.failures.drill.small_disk import SmallDisk


@dataclass
class Ground:
    """Where faults are struck, one after the other."""

    stack: Stack
    deaths: Deaths
    lines: Lines | None = None
    disk: SmallDisk | None = None
    clock: Clock | None = None
