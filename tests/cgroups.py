"""A cgroup of our own for a test, as a service manager would delegate it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.cgroup import Cgroup
from worker.cgroup_mounts import mounts


def top() -> Path:
    """The top of this host's cgroup v2; the tests need one, and root."""
    return next(mounts(Path("/proc/self/mountinfo").read_text())).point


@contextmanager
def delegated(mark: str = "trusted.delegate") -> Iterator[Path]:
    """A fresh cgroup that is marked as delegated; gone afterwards with all that lives in it."""
    path = top() / f"fleetcron-test-{os.getpid()}-{os.urandom(4).hex()}.service"
    path.mkdir()
    try:
        if mark:
            os.setxattr(path, mark, b"1")
        yield path
    finally:
        assert Cgroup(str(path)).remove()
