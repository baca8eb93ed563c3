"""Making processes or descriptors scarce for some process of a test, and plentiful again."""

import itertools
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import until

V1, V2 = Path("/sys/fs/cgroup/pids"), Path("/sys/fs/cgroup")


@contextmanager
def no_descriptors(pid: int) -> Iterator[None]:
    """The process can open no further file meanwhile."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    taken = {int(entry.name) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    free = next(number for number in itertools.count() if number not in taken)
    # Not fewer than it polls at once, which poll(2) would refuse.
    assert free > 5, taken
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def no_processes(pid: int) -> Iterator[None]:
    """The process can make no further process or thread meanwhile."""
    if os.geteuid():
        _, hard = before = resource.prlimit(pid, resource.RLIMIT_NPROC)
        resource.prlimit(pid, resource.RLIMIT_NPROC, (1, hard))
        try:
            yield
        finally:
            resource.prlimit(pid, resource.RLIMIT_NPROC, before)
    else:
        with pids_cgroup(f"none-{pid}", 1, pid):
            yield


@contextmanager
def pids_cgroup(name: str, most: int, *pids: int) -> Iterator[Path]:
    """A cgroup with room for so many processes and threads, and these processes in it.

    The others take their place again in their own one; what they made is then of that, too.
    """
    top = V1 if V1.is_dir() else V2
    place = top / f"fleetcron-test-{os.getpid()}-{name}"
    place.mkdir()
    try:
        for pid in pids:
            (place / "cgroup.procs").write_text(str(pid))
        (place / "pids.max").write_text(str(most))
        yield place
    finally:
        (place / "pids.max").write_text("max")
        until(lambda: _emptied(place, top), why="nothing is left in the cgroup")
        place.rmdir()


def _emptied(place: Path, top: Path) -> bool:
    for pid in (place / "cgroup.procs").read_text().split():
        try:
            (top / "cgroup.procs").write_text(pid)
        except ProcessLookupError:
            continue
    return not (place / "cgroup.procs").read_text()


@contextmanager
def small_disk(directory: Path) -> Iterator[bool]:
    """A disk of 1 MB in the directory, if the system lets us have one; whether it does."""
    directory.mkdir()
    size = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "none", str(directory)]
    mounted = not os.geteuid() and not subprocess.run(size, capture_output=True).returncode
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(directory)], check=True)


def short_files(pid: int, most: int) -> None:
    """The process can write no longer file than that from now on."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
