"""The runs of an executor that is gone: nobody reaps them, so they are found and ended."""

import logging
import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from worker.command_group import await_deaths, signal_group
from worker.process_stat import FENCE, RUN_ID, carried_by, parent_of, start_ticks

log = logging.getLogger(__name__)

PASSES = 10
DEATH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Carried:
    """What a process says in its environment of the run it belongs to; `fence` "" if nothing.

    The id alone may be that of another fleet's run on this host; its fence then differs.
    """

    run_id: str
    fence: str = ""


def living_runs() -> frozenset[Carried]:
    """What all living processes say of their runs, of whomever these are."""
    return frozenset(carried for _, carried in _carriers())


def is_of(carried: Carried, run_id: str, fence: int | None) -> bool:
    """Whether that is said of this run; where either fence is not known, by the id alone."""
    alike = fence is None or carried.fence in ("", str(fence))
    return carried.run_id == run_id and alike


def end_orphans(
    jobs: Mapping[str, str], fences: Mapping[str, int] | None = None, unowned: bool = False
) -> frozenset[str]:
    """KILL every process that carries one of these run ids (job by run id) in its environment.

    One that carries another fence than the run's is left alone, and with `unowned` one that has an
    executor above it. What a dying process forked
    meanwhile is found in the next pass. The ids that were found.
    """
    found: set[str] = set()
    for _ in range(PASSES):
        killed = []
        for pid, carried in _carriers():
            run_id = carried.run_id
            if run_id not in jobs or (unowned and has_executor(pid)):
                continue
            if is_of(carried, run_id, (fences or {}).get(run_id)):
                found.add(run_id)
                killed.append(_killed(pid, carried, jobs[run_id]))
        if not killed:
            return frozenset(found)
        await_deaths((pidfd for pidfd in killed if pidfd >= 0), DEATH_SECONDS)
    log.error("some processes of lost runs do not end: %s", ", ".join(jobs))
    return frozenset(found)


def has_executor(pid: int) -> bool:
    """Whether a process has a living executor, of whatever worker, among its ancestors."""
    while pid > 1:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        if b"worker.executor" in words:
            return True
        pid = parent_of(pid)
    return False


def end_group(pid: int, ticks: int) -> bool:
    """KILL the process group of a run's first process, if that is the one which started then.

    Finds also what no longer carries the run's id. Whether it was there.
    """
    if not pid or not ticks or start_ticks(pid) != ticks:
        return False
    signal_group(pid, signal.SIGKILL)
    return True


def _carriers() -> Iterator[tuple[int, Carried]]:
    """The living processes that carry a run's id, and what they carry."""
    for name in os.listdir("/proc"):
        if name.isdigit() and (carried := _carried_by(int(name))):
            yield int(name), carried


def _carried_by(pid: int) -> Carried | None:
    run_id, fence = carried_by(pid, RUN_ID, FENCE)
    return Carried(run_id, fence) if run_id else None


def _killed(pid: int, carried: Carried, job: str) -> int:
    """Send KILL; a pidfd to wait on, or -1 where there is nothing more to kill."""
    run_id = carried.run_id
    log.warning("job=%s run=%s was left behind by its executor, killing %d", job, run_id, pid)
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return -1
    # The id may have passed to somebody else before we held it.
    if _carried_by(pid) == carried:
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    return pidfd
