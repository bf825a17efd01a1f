"""Looks at processes from outside: what they print, whom they started, who is still there."""

import subprocess
import time

import psutil  # type: ignore[import-untyped]


def read_until(process: "subprocess.Popen[str]", text: str) -> str:
    """Read the output line by line until one holds `text`; fail with all of it if none does."""
    assert process.stdout is not None
    read = ""
    for line in process.stdout:
        read += line
        if text in line:
            return read
    raise AssertionError(f"ended without saying {text!r}:\n{read}")


def offspring(pid: int) -> list[psutil.Process]:
    return list(psutil.Process(pid).children(recursive=True))


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if _alive(process)]


def all_gone(processes: list[psutil.Process], deadline: float = 15.0) -> bool:
    """Whether every process has ended within the deadline; one that init has yet to reap has ended."""
    end = time.monotonic() + deadline
    while alive(processes) and time.monotonic() < end:
        time.sleep(0.05)
    return not alive(processes)


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
