"""Runs the one service an image holds, as this very process: signals reach it, its exit code is the container's."""  # noqa: INP001 - a script

import os
import runpy

runpy.run_module(f"motcua_{os.environ['MOTCUA_SERVICE']}", run_name="__main__", alter_sys=True)
