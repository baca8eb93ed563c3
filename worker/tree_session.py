"""A tree without a cgroup: found by its session, its descent, and the run id that it carries."""

from __future__ import annotations

import os
import signal
import time

from worker.carried import is_of
from worker.cgroup_run import UNKNOWN, Usage
from worker.command_group import signal_group
from worker.hello import Held
from worker.orphans import Orphans
from worker.process_hold import await_gone, signal_each
from worker.process_stat import Process, process_of
from worker.process_table import Census, ProcessTable
from worker.tree import DEATH_SECONDS


class SessionTree:
    """A `Tree`; whoever leaves the session, scrubs its environment and loses its parent is found
    only where no other run could have left it.
    """

    def __init__(self, leader: int, held: Held, census: Census, orphans: Orphans) -> None:
        self._leader = leader
        self._run_id = run_id = held.run_id
        self._fence = held.fence or None
        self._census = census
        self._orphans = orphans
        self._ticks = 0
        self._seen: dict[int, int] = {}
        orphans.begin(leader, run_id)

    def signal(self, *numbers: int) -> bool:
        """See `Tree`."""
        try:
            others = [each for each in self._members() if each.group != self._leader]
        finally:
            allowed = [signal_group(self._leader, number) for number in numbers]
        signal_each(others, *numbers)
        return all(allowed)

    def left(self) -> list[int]:
        """See `Tree`."""
        if not self._orphans.may_be_of(self._run_id):
            return []
        return [process.pid for process in self._members()] or self._orphans.of(self._run_id)

    def is_unclear(self) -> bool:
        """See `Tree`."""
        return self._orphans.may_have_left(self._run_id)

    def end(self) -> bool:
        """See `Tree`; what was forked meanwhile is found in the next look."""
        signal_group(self._leader, signal.SIGKILL)
        deadline = time.monotonic() + DEATH_SECONDS
        while members := self._members() or self._caught(deadline):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            signal_each(members, signal.SIGKILL)
            await_gone(members, left)
        return not self._orphans.of(self._run_id)

    def usage(self) -> Usage:
        """Nothing beyond what the leader's reaping tells."""
        return UNKNOWN

    def out_of_memory(self) -> bool:
        """Nobody says so."""
        return False

    def close(self, left: bool) -> None:
        """See `Tree`."""
        self._orphans.over(self._leader, left)

    def _members(self) -> list[Process]:
        """A look at those that live, apart from the leader; whoever was seen once stays known."""
        table = self._census.look()
        leader = table.processes.get(self._leader)
        if leader is not None and leader.parent == os.getpid():
            self._ticks = leader.ticks
        roots = {pid for pid, each in table.processes.items() if self._is_ours(each, table)}
        roots.update(self._orphans.of(self._run_id))
        found = table.with_descendants(roots)
        all_of = [each for pid in found if (each := table.processes.get(pid))]
        self._seen = {each.pid: each.ticks for each in all_of}
        return [each for each in all_of if each.pid != self._leader and not each.is_dead]

    def _caught(self, deadline: float) -> list[Process]:
        """Those that live for less than it takes to look at all processes, each after another."""
        while (pids := self._orphans.of(self._run_id)) and time.monotonic() < deadline:
            found = [process for pid in pids if (process := process_of(pid))]
            if living := [process for process in found if not process.is_dead]:
                return living
        return []

    def _is_ours(self, process: Process, table: ProcessTable) -> bool:
        """Nothing of the run is older than its leader."""
        if process.ticks < self._ticks:
            return False
        if self._leader in (process.pid, process.session, process.group):
            return True
        if self._seen.get(process.pid) == process.ticks:
            return True
        carried = table.carried_of(process.pid)
        return carried is not None and is_of(carried, self._run_id, self._fence)
