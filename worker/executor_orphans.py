"""The runs of an executor that is gone: nobody reaps them, so they are found and ended."""

import logging
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from worker.carried import Carried, carried_of, is_of
from worker.lost_trees import Root, living_trees
from worker.process_hold import await_gone, signal_each
from worker.process_stat import Process, parent_of, pids, process_of
from worker.spare import SCARCE, SPARE

log = logging.getLogger(__name__)

NOBODY: Mapping[str, Process] = MappingProxyType({})
PASSES = 10
DEATH_SECONDS = 1.0


def living_runs() -> frozenset[Carried]:
    """What all living processes say of their runs, of whomever these are."""
    return frozenset(carried for _, carried in _carriers())


def end_orphans(
    jobs: Mapping[str, str],
    fences: Mapping[str, int] | None = None,
    unowned: bool = False,
    leaders: Mapping[str, Process | None] = NOBODY,
) -> frozenset[str]:
    """KILL every process of these runs (job by run id): those that carry the id in their
    environment, the runs' `leaders` (by run id) as far as these are known, the sessions that any
    of them leads, and all that descends from them.

    One that carries another fence than the run's is left alone, and with `unowned` one that has an
    executor above it. What a dying process forked meanwhile is found in the next pass. The ids that
    were found; OSError where no descriptor is to be had to look.
    """
    found: set[str] = set()
    for _ in range(PASSES):
        roots = [*_known(leaders), *_carriers_of(jobs, fences or {}, unowned)]
        killed = living_trees(roots) if roots else {}
        for process, run_id in killed.items():
            found.add(run_id)
            job, pid = jobs[run_id], process.pid
            log.warning(
                "job=%s run=%s was left behind by its executor, killing %d", job, run_id, pid
            )
        if not killed:
            return frozenset(found)
        signal_each(killed, signal.SIGKILL)
        await_gone(killed, DEATH_SECONDS)
    log.error("some processes of lost runs do not end: %s", ", ".join(jobs))
    return frozenset(found)


def _known(leaders: Mapping[str, Process | None]) -> Iterator[Root]:
    """Those that are still there; a dead one leads its session until it is reaped."""
    for run_id, leader in leaders.items():
        now = process_of(leader.pid) if leader else None
        if leader and now and now.ticks == leader.ticks:
            yield now, run_id


def _carriers_of(
    jobs: Mapping[str, str], fences: Mapping[str, int], unowned: bool
) -> Iterator[Root]:
    for process, carried in _carriers():
        run_id = carried.run_id
        if run_id not in jobs or (unowned and has_executor(process.pid)):
            continue
        if is_of(carried, run_id, fences.get(run_id)):
            yield process, run_id


def has_executor(pid: int) -> bool:
    """Whether a process has a living executor, of whatever worker, among its ancestors.

    OSError where no descriptor is to be had to see it.
    """
    while pid > 1:
        try:
            words = SPARE.lend(Path(f"/proc/{pid}/cmdline").read_bytes).split(b"\0")
        except OSError as error:
            if error.errno in SCARCE:
                raise
            return False
        if b"worker.executor" in words:
            return True
        pid = parent_of(pid)
    return False


def _carriers() -> Iterator[tuple[Process, Carried]]:
    """The living processes that carry a run's id, and what they carry."""
    for pid in pids():
        carried = carried_of(pid)
        # The number may pass to somebody else between two looks.
        if carried and (process := process_of(pid)) and carried_of(pid) == carried:
            yield process, carried
