"""A tree in a cgroup of its own, which nothing leaves by a new session or a double fork."""

from __future__ import annotations

import logging
import signal

from worker.cgroup_run import RunCgroup, Usage
from worker.command_group import signal_group
from worker.process_hold import signal_each
from worker.process_stat import process_of
from worker.tree import DEATH_SECONDS

log = logging.getLogger(__name__)


class CgroupTree:
    """A `Tree`; owns the cgroup and removes it."""

    def __init__(self, leader: int, cgroup: RunCgroup) -> None:
        self._leader = leader
        self._cgroup = cgroup

    def signal(self, *numbers: int) -> bool:
        """See `Tree`; the leader may not have joined the cgroup yet, its group has it."""
        try:
            members = [process for pid in self._cgroup.members() if (process := process_of(pid))]
        finally:
            allowed = [signal_group(self._leader, number) for number in numbers]
        signal_each((each for each in members if each.group != self._leader), *numbers)
        return all(allowed)

    def left(self) -> list[int]:
        """See `Tree`."""
        return [pid for pid in self._cgroup.members() if pid != self._leader]

    def is_unclear(self) -> bool:
        """Its cgroup says whose each is."""
        return False

    def end(self) -> bool:
        """See `Tree`."""
        signal_group(self._leader, signal.SIGKILL)
        self._cgroup.kill()
        return self._cgroup.await_empty(DEATH_SECONDS)

    def usage(self) -> Usage:
        """See `Tree`."""
        return self._cgroup.usage()

    def out_of_memory(self) -> bool:
        """See `Tree`."""
        return self._cgroup.out_of_memory()

    def close(self, left: bool) -> None:
        """See `Tree`; with others in it the cgroup stays, marked so that no sweep ends them."""
        if left:
            self._cgroup.keep()
        elif not self._cgroup.remove():
            log.error("the processes in %s do not end", self._cgroup.path)
