"""Free loopback ports, chosen together so that no two parts are given the same one."""

import socket
from contextlib import ExitStack


def free_ports(count: int) -> list[int]:
    """Return distinct ports nobody listens on; held open until all are chosen."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
