"""What an executor knows of the trees of its runs: how they are bounded, and how they are found."""

from __future__ import annotations

import logging
import resource
from dataclasses import dataclass, replace

from common.job import Job
from worker.cgroup_run import RunCgroup
from worker.cgroups import RunCgroups
from worker.hello import Held
from worker.launch import Launch
from worker.orphans import Orphans
from worker.process_table import Census
from worker.spare import SPARE
from worker.tree import Tree
from worker.tree_cgroup import CgroupTree
from worker.tree_session import SessionTree

log = logging.getLogger(__name__)

Limit = tuple[int, int, int]
"""A resource of setrlimit(2), its soft and its hard limit."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What holds a run: its cgroup where it has one, and its resource limits.

    `unkept` are the fields of limits that nothing keeps here.
    """

    cgroup: RunCgroup | None = None
    limits: tuple[Limit, ...] = ()
    unkept: tuple[str, ...] = ()

    @property
    def memory_is_each(self) -> bool:
        """Whether its memory is limited for each of its processes, as address space."""
        return any(number == resource.RLIMIT_AS for number, _, _ in self.limits)

    def around(self, launch: Launch) -> Launch:
        """The launch of a command that is held by them from its first instruction."""
        if not self.cgroup and not self.limits:
            return launch
        procs = f"{self.cgroup.path}/cgroup.procs" if self.cgroup else None
        limits = (*launch.settings.limits, *self.limits)
        return replace(launch, settings=replace(launch.settings, cgroup=procs, limits=limits))

    def drop(self) -> None:
        """Nothing was started in them."""
        if self.cgroup:
            self.cgroup.remove()


UNBOUND = Bounds()


class Trees:
    """To be made on the executor's main thread, which must have no children of its own."""

    def __init__(self, cgroups: RunCgroups | None = None) -> None:
        SPARE.hold()
        self.orphans = Orphans()
        self._cgroups = cgroups
        self._census = Census()

    def bounds(self, job: Job) -> Bounds:
        """What is to hold a run of this job; OSError when its limits cannot be set.

        A run without limits goes on without a cgroup where there can be no more of them.
        """
        if self._cgroups is None:
            return _by_resource(job) if _is_limited(job) else UNBOUND
        cgroup: RunCgroup | None = None
        try:
            cgroup = self._cgroups.make()
            cgroup.limit(job, self._cgroups.controllers)
        except OSError as error:
            if cgroup:
                cgroup.remove()
            if _is_limited(job):
                raise
            log.error("job=%s has no cgroup: %s", job.name, error)
            return UNBOUND
        return _by_cgroup(job, cgroup, self._cgroups.controllers)

    def tree(self, leader: int, held: Held, bounds: Bounds) -> Tree:
        """The tree of a run whose first process was spawned within these bounds."""
        if bounds.cgroup:
            return CgroupTree(leader, bounds.cgroup)
        return SessionTree(leader, held, self._census, self.orphans)


def _is_limited(job: Job) -> bool:
    return bool(
        job.limit_memory_bytes or job.limit_cpus or job.limit_processes or job.limit_open_files
    )


def _by_cgroup(job: Job, cgroup: RunCgroup, controllers: frozenset[str]) -> Bounds:
    if not _is_limited(job):
        return Bounds(cgroup)
    return Bounds(cgroup, _resources(job, "memory" in controllers), _unkept(job, controllers))


def _by_resource(job: Job) -> Bounds:
    return Bounds(None, _resources(job, False), _unkept(job, frozenset()))


def _resources(job: Job, memory_is_kept: bool) -> tuple[Limit, ...]:
    """Each is soft and hard limit at once: the run cannot raise it."""
    files, memory = job.limit_open_files, job.limit_memory_bytes
    limits = [(resource.RLIMIT_NOFILE, files, files)] if files else []
    if memory and not memory_is_kept:
        limits.append((resource.RLIMIT_AS, memory, memory))
    return tuple(limits)


def _unkept(job: Job, controllers: frozenset[str]) -> tuple[str, ...]:
    fields = (("limitCpus", job.limit_cpus, "cpu"), ("limitProcesses", job.limit_processes, "pids"))
    return tuple(name for name, limit, needed in fields if limit and needed not in controllers)
