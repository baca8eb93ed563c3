"""Who is at the other end of a Unix socket."""

from __future__ import annotations

import errno
import os
import socket
import struct

_CREDENTIALS = struct.Struct("iII")
"""A process, its user and its group: the kernel's word in SO_PEERCRED, see unix(7)."""


def pid_of_peer(connection: socket.socket) -> int:
    """The process that connected to us, or that listens where we have connected to."""
    return _peer(connection)[0]


def is_own(connection: socket.socket) -> bool:
    """Whether that process runs as our user."""
    return _peer(connection)[1] == os.geteuid()


def connect_to_own(address: str, timeout: float, what: str) -> socket.socket:
    """Connect, with this timeout from now on; OSError where nobody of our user listens.

    `what` listens there, for the words of the error.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        connection.connect(address)
        if not is_own(connection):
            raise OSError(errno.EPERM, f"{what} belongs to another user")
    except OSError:
        connection.close()
        raise
    return connection


def _peer(connection: socket.socket) -> tuple[int, int]:
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(raw)
    return pid, uid
