"""The cgroup of one run: its limits, what it used, and whether it ran out of memory."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

from common.job import Job
from worker.cgroup import Cgroup
from worker.cgroup_files import figures, read, traffic, write

log = logging.getLogger(__name__)

PERIOD_MICROSECONDS = 100_000
LEAST_QUOTA_MICROSECONDS = 1_000
_KEPT = "user.fleetcron.kept"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run used, all its processes together; None: that is not known."""

    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None


UNKNOWN = Usage()


class RunCgroup(Cgroup):
    """The run's first process joins it by itself, before it becomes the command."""

    __slots__ = ()

    def limit(self, job: Job, controllers: frozenset[str]) -> None:
        """Set the limits that these controllers keep; OSError when the kernel refuses one."""
        if job.limit_memory_bytes and "memory" in controllers:
            write(f"{self.path}/memory.max", str(job.limit_memory_bytes))
            self._offer("memory.swap.max", "0")
            self._offer("memory.oom.group", "1")
        if job.limit_cpus and "cpu" in controllers:
            quota = max(LEAST_QUOTA_MICROSECONDS, int(job.limit_cpus * PERIOD_MICROSECONDS))
            write(f"{self.path}/cpu.max", f"{quota} {PERIOD_MICROSECONDS}")
        if job.limit_processes and "pids" in controllers:
            write(f"{self.path}/pids.max", str(job.limit_processes))

    def usage(self) -> Usage:
        """What its processes used until now, as far as the kernel counts it."""
        cpu = figures(read(f"{self.path}/cpu.stat")).get("usage_usec")
        peak = read(f"{self.path}/memory.peak").strip()
        said = read(f"{self.path}/io.stat")
        moved = traffic(said) if said else (None, None)
        seconds = None if cpu is None else cpu / 1e6
        return Usage(seconds, int(peak) if peak.isdigit() else None, *moved)

    def out_of_memory(self) -> bool:
        """Whether the kernel killed a process of it for lack of memory."""
        return figures(read(f"{self.path}/memory.events")).get("oom_kill", 0) > 0

    def keep(self) -> None:
        """Mark it: what lives in it is to go on when its executor is gone."""
        os.setxattr(self.path, _KEPT, b"1")

    def is_kept(self) -> bool:
        """Whether it is marked so, and somebody lives in it."""
        try:
            return os.getxattr(self.path, _KEPT) == b"1" and self.is_populated()
        except OSError:
            return False

    def is_spent(self) -> bool:
        """Whether it was marked so, and nobody lives in it any more."""
        try:
            return os.getxattr(self.path, _KEPT) == b"1" and not self.is_populated()
        except OSError:
            return False

    def _offer(self, name: str, value: str) -> None:
        """Set what makes a limit stricter, where the kernel has it."""
        try:
            write(f"{self.path}/{name}", value)
        except FileNotFoundError:
            log.debug("%s has no %s", self.path, name)
