"""One look at all processes of the host: who descends from whom, who is in which session."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping

from worker.carried import Carried, carried_of
from worker.process_stat import Process, pids, process_of


class ProcessTable:
    """A look's processes by pid; what they carry in their environment is read when asked for."""

    def __init__(self, processes: Mapping[int, Process]) -> None:
        self.processes = processes
        self._marks: dict[int, Carried | None] = {}

    def carried_of(self, pid: int) -> Carried | None:
        """What a process carries of its run in its environment, as far as we may see it."""
        if pid not in self._marks:
            self._marks[pid] = carried_of(pid)
        return self._marks[pid]

    def with_descendants(self, pids: Iterable[int]) -> set[int]:
        """These and all that descend from them by parents that are still there."""
        children: dict[int, list[int]] = {}
        for process in self.processes.values():
            children.setdefault(process.parent, []).append(process.pid)
        found: set[int] = set()
        ahead = list(pids)
        while ahead:
            pid = ahead.pop()
            if pid not in found:
                found.add(pid)
                ahead += children.get(pid, ())
        return found


class Census:
    """Looks at all processes, one look for all threads that asked before it: it costs milliseconds.

    Belongs to all threads of an executor.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = float("-inf")
        self._table = ProcessTable({})

    def look(self) -> ProcessTable:
        """A look at the processes that is taken now or later than this call.

        OSError where there is no descriptor for it: less than all would be a look at nothing.
        """
        asked = time.monotonic()
        with self._lock:
            if self._taken < asked:
                begun = time.monotonic()
                self._table = ProcessTable({process.pid: process for process in _all()})
                self._taken = begun
            return self._table


def _all() -> Iterator[Process]:
    for pid in pids():
        if process := process_of(pid):
            yield process
