"""The way of a run's output to the system's journal: its native protocol, which never blocks us."""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Iterator

log = logging.getLogger(__name__)

IDENTIFIER = b"fleetcron-job"
INFO = b"6"
_LENGTH = struct.Struct("<Q")


class JournalWay:
    """An executor's one socket to the journal, for all of its threads."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._silent = False

    def send(self, job: bytes, run_id: bytes, message: bytes) -> bool:
        """Hand over one line; False when the journal is not there or takes no more just now."""
        fields = (
            (b"MESSAGE", message),
            (b"PRIORITY", INFO),
            (b"SYSLOG_IDENTIFIER", IDENTIFIER),
            (b"FLEETCRON_JOB", job),
            (b"FLEETCRON_RUN_ID", run_id),
        )
        data = b"".join(part for name, value in fields for part in _field(name, value))
        try:
            self._opened().sendto(data, self._path)
        except OSError as error:
            if not isinstance(error, BlockingIOError) and not self._silent:
                self._silent = True
                log.warning("the journal at %s takes nothing: %s", self._path, error.strerror)
            return False
        return True

    def _opened(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        return self._socket


def _field(name: bytes, value: bytes) -> Iterator[bytes]:
    """As the journal's native protocol has it: text on one line, or with its length before it."""
    if b"\n" in value:
        yield from (name, b"\n", _LENGTH.pack(len(value)), value, b"\n")
    else:
        yield from (name, b"=", value, b"\n")
