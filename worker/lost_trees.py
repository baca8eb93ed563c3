"""What belongs to runs of which nobody is the parent any more, by what is still known of them."""

from __future__ import annotations

from collections.abc import Sequence

from worker.process_stat import Process
from worker.process_table import Census, ProcessTable

Root = tuple[Process, str]
"""A process that is known to be of a run, and the run's id."""


def living_trees(roots: Sequence[Root]) -> dict[Process, str]:
    """The living of these, of the sessions that they lead, and of all that descends from either;
    each with its run. To be asked before any of them is ended: the dead have no descendants.

    OSError where no descriptor is to be had to look.
    """
    table = Census().look()
    by_run: dict[str, list[Process]] = {}
    for process, run_id in roots:
        by_run.setdefault(run_id, []).append(process)
    found: dict[Process, str] = {}
    for run_id, known in by_run.items():
        for pid in table.with_descendants(_top(table, known)):
            member = table.processes.get(pid)
            if member is not None and not member.is_dead:
                found.setdefault(member, run_id)
    return found


def _top(table: ProcessTable, known: Sequence[Process]) -> set[int]:
    """The pids of those that the table has, and of whoever is in a session that one leads."""
    ticks = {pid: process.ticks for pid, process in table.processes.items()}
    pids = {each.pid for each in known if ticks.get(each.pid) == each.ticks}
    led = {each.pid for each in known if each.pid in pids and each.session == each.pid}
    return pids | {pid for pid, process in table.processes.items() if process.session in led}
