"""Loopback ports for servers of our own."""

import socket

LOOPBACK = "127.0.0.1"


def is_port_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    return _listened(port) is not None


def free_port(wished: int | None = None) -> int:
    """The wished loopback port if it is free, else any free one."""
    port = _listened(wished) if wished else None
    return port or _listened(0) or 0


def _listened(port: int) -> int | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return None
        bound: int = probe.getsockname()[1]
        return bound
