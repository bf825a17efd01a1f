"""Runs the one service an image holds, as this very process: signals reach it, its exit code is the container's."""  # noqa: INP001 - a script

import os
import runpy
import signal
import sys

# The first process of a container gets no signal that it did not ask for: until the service asks, we end on SIGTERM.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
runpy.run_module(f"motcua_{os.environ['MOTCUA_SERVICE']}", run_name="__main__", alter_sys=True)
