"""Ties a child process to its parent: when the parent dies, by kill -9 too, the kernel signals the child."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
"""Loaded before any fork: a forked child must not open libraries. Elsewhere than Linux only orderly ends are clean."""


def tether(death_signal: signal.Signals) -> Callable[[], None]:
    """Return what a child runs between fork and exec."""
    parent = os.getpid()

    def tie() -> None:
        if _LIBC is None:
            return
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died before the tie held
            os._exit(1)

    return tie
