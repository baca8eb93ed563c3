"""Free loopback ports that stay ours for as long as the test process lives."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

_held: list[int] = []
_choice = random.Random(os.urandom(8))


def free_port() -> int:
    """Reserve a TCP port of 127.0.0.1 that nothing listens on, for this process' whole life.

    It lies outside the range of outgoing connections, so that a server that was killed finds its
    port free again, and is locked by a file, so that test processes side by side do not meet.
    """
    candidates = _candidates()
    for _ in range(1000):
        port = _choice.choice(candidates)
        if _bindable(port) and _reserve(port):
            return port
    raise RuntimeError("no free loopback port in 1000 tries")


def _candidates() -> list[int]:
    text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
    low, high = (int(word) for word in text.split())
    return [port for port in range(10000, 65536) if not low <= port <= high] or [*range(low, high)]


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _reserve(port: int) -> bool:
    folder = Path(tempfile.gettempdir()) / f"fleetcron-test-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder / str(port), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _held.append(descriptor)
    return True
