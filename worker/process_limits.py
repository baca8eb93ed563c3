"""How many processes there are, and may be, where executors and their runs make theirs.

Threads count as processes, as the kernel counts them.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from worker.cgroup_mounts import unescaped

FIRST_PID_NAMESPACE = "pid:[4026531836]"
"""The kernel's own number for it; a limit on pids elsewhere says nothing of what is counted."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How much there is of something, and the most that there may be."""

    what: str
    used: int
    most: int


class Files:
    """Files of the kernel that are read again and again, kept open meanwhile."""

    def __init__(self) -> None:
        self._open: dict[Path, int] = {}

    def words(self, path: Path) -> list[bytes]:
        """What it says now; nothing where it is not there (any more)."""
        try:
            if path not in self._open:
                self._open[path] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            return os.pread(self._open[path], 4096, 0).split()
        except OSError:
            return []

    def number(self, path: Path) -> int | None:
        """The number in it; None for "max", and where it cannot be read."""
        words = self.words(path)
        return int(words[0]) if words and words[0].isdigit() else None

    def close(self) -> None:
        """Let go of all of them."""
        for fd in self._open.values():
            os.close(fd)
        self._open.clear()


class ProcessLimits:
    """Belongs to one thread. What cannot be read (any more) limits nothing."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._files = Files()
        self._host = _host_limit(proc)
        self._known: list[list[bytes]] = []
        self._cgroups: list[Path] = []

    def look(self, pids: Sequence[int]) -> list[Amount]:
        """All that limits these processes now: their cgroups, their user, the host."""
        known = [self._files.words(self._proc / str(pid) / "cgroup") for pid in pids]
        if self._known != known:
            self._known = known
            self._files.close()
            self._cgroups = list(dict.fromkeys(self._places(pids)))
        host = self._of_host()
        return [*self._of_cgroups(), *self._of_user(pids, host.used), host]

    def _of_cgroups(self) -> Iterator[Amount]:
        for place in self._cgroups:
            most = self._files.number(place / "pids.max")
            used = self._files.number(place / "pids.current") if most is not None else None
            if most is not None and used is not None:
                yield Amount(f"processes of the cgroup {place}", used, most)

    def _of_host(self) -> Amount:
        """The kernel's own count of all tasks stands in loadavg, as "running/all"."""
        said = self._files.words(self._proc / "loadavg")
        tasks = int(said[3].partition(b"/")[2]) if len(said) > 3 else 0
        return Amount("processes of the host", tasks, self._host)

    def _of_user(self, pids: Sequence[int], tasks: int) -> Iterator[Amount]:
        """The limit of our user, if it has one; they are only counted where all would exceed it."""
        limits = [limit for limit in _soft_limits(pids, resource.RLIMIT_NPROC) if limit >= 0]
        if os.geteuid() and limits:
            most = min(limits)
            used = tasks if 2 * tasks < most else self._own_tasks()
            yield Amount("processes of the worker's user", used, most)

    def _own_tasks(self) -> int:
        return sum(_tasks(self._proc / name) for name in os.listdir(self._proc) if name.isdigit())

    def _places(self, pids: Iterable[int]) -> Iterator[Path]:
        """Every cgroup of theirs, and above them, that can have a limit of processes."""
        for pid in pids:
            try:
                of_process = (self._proc / str(pid) / "cgroup").read_text()
                mounted = (self._proc / str(pid) / "mountinfo").read_text()
            except OSError:
                continue
            for top, place in _cgroups(of_process, mounted):
                for each in (place, *place.parents):
                    if (each / "pids.max").exists():
                        yield each
                    if each == top:
                        break


def descriptor_limits(pids: Iterable[int]) -> list[int]:
    """How many files each of these processes may have open; -1 is without limit."""
    return list(_soft_limits(pids, resource.RLIMIT_NOFILE))


def _soft_limits(pids: Iterable[int], kind: int) -> Iterator[int]:
    for pid in pids:
        try:
            yield resource.prlimit(pid, kind)[0]
        except OSError:
            continue


def _host_limit(proc: Path) -> int:
    kernel = proc / "sys" / "kernel"
    try:
        first = os.readlink(proc / "self" / "ns" / "pid") == FIRST_PID_NAMESPACE
    except OSError:
        first = False
    names = ("threads-max", "pid_max") if first else ("threads-max",)
    return min((most for name in names if (most := _number(kernel / name))), default=2**22)


def _cgroups(of_process: str, mounted: str) -> Iterator[tuple[Path, Path]]:
    """The mount and the directory of each cgroup of a process that can count processes."""
    mounts = list(_mounts(mounted))
    for line in of_process.splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "pids" not in controllers.split(","):
            continue
        for kind, options, root, point in mounts:
            fits = kind == "cgroup2" if not controllers else "pids" in options
            if fits and PurePosixPath(path).is_relative_to(root) and ".." not in path:
                yield point, point / PurePosixPath(path).relative_to(root)


def _mounts(mounted: str) -> Iterator[tuple[str, list[str], str, Path]]:
    """Each mount of a cgroup hierarchy: its kind, its options, the cgroup at its top, its place."""
    for line in mounted.splitlines():
        before, _, after = line.partition(" - ")
        fields, said = before.split(" "), after.split(" ")
        if said[0] in ("cgroup", "cgroup2") and len(fields) > 4:
            root, point = unescaped(fields[3]), Path(unescaped(fields[4]))
            yield said[0], said[-1].split(","), root, point


def _number(file: Path) -> int | None:
    """The number in a file of the kernel; None for "max", and where it cannot be read."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _tasks(process: Path) -> int:
    """How many threads a process of our user has; none of anybody else's."""
    try:
        return (process / "task").stat().st_nlink - 2 if _is_own(process) else 0
    except OSError:
        return 0


def _is_own(process: Path) -> bool:
    return process.stat().st_uid == os.geteuid()
