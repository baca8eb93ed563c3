"""What an executor that is gone has left: ends that are told for it, and runs that are ended."""

import logging
import time
from collections.abc import Mapping
from pathlib import Path

from common.pausing import pause
from common.record import NOT_STARTED
from worker.cgroups import NOTE, sweep
from worker.end_words import bare_end
from worker.ends_file import forget_ends
from worker.ends_left import ends_left
from worker.executor_orphans import end_orphans
from worker.executor_socket import is_locked, lock_path, numbers, socket_path
from worker.executor_table import Leader, Table
from worker.hello import Held
from worker.orders import Ended, Ends
from worker.process_stat import Process, process_of, started_by
from worker.spare import SCARCE

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0


def left_by(directory: Path, number: int, table: Table) -> tuple[list[Ends], frozenset[str]]:
    """What became of the runs that executor `number` had, as the table says, now that it is gone,
    and of those whose ends it had untold.

    The ends that it could still write, and of the rest, of which nothing is left alive, the ids.
    Where there is no descriptor for a look at the processes, it is tried until there is one.
    """
    held, untold = table.held, table.untold
    ends, why = ends_left(directory, number, lambda run_id: run_id in held or run_id in untold)
    if why:
        log.error("executor %d: its ends were to be told for it: %s", number, why)
    told = {over.run_id for each in ends for over in each.over}
    lost = {run_id: run for run_id, run in held.items() if run_id not in told}
    while not _ended(directory, number, lost, table.begun):
        pause(AGAIN_SECONDS)
    return ends, frozenset(lost) | (frozenset(untold) - told)


def _ended(
    directory: Path, number: int, lost: Mapping[str, Held], begun: Mapping[str, Leader]
) -> bool:
    """End what is left of these runs; False where it cannot even be looked for now."""
    fences = {run_id: run.fence for run_id, run in lost.items() if run.fence}
    jobs = {run_id: run.job for run_id, run in lost.items()}
    try:
        sweep(directory, number)
        leaders = {run_id: _leader(begun[run_id]) for run_id in lost if run_id in begun}
        if lost:
            end_orphans(jobs, fences, leaders=leaders)
    except OSError as error:
        if error.errno not in SCARCE:
            raise
        log.error("executor %d: what it left cannot be ended yet: %s", number, error)
        return False
    return True


def _leader(begun: Leader) -> Process | None:
    """A lost run's first process, if it is still there and not another by its number."""
    process = process_of(begun.pid)
    if process is None or process.session != begun.pid:
        return None
    return process if started_by(process, begun.heard) else None


def forget_executor(directory: Path, number: int, and_home: bool = False) -> None:
    """Remove what is left of an executor whose number is not used again here, if it is gone.

    With `and_home` also the directory, as `forget_home` does.
    """
    if is_locked(lock_path(directory, number)):
        return
    forget_ends(directory, number)
    for path in (socket_path(directory, number), lock_path(directory, number)):
        path.unlink(missing_ok=True)
    if and_home:
        forget_home(directory)


def forget_home(directory: Path) -> None:
    """Remove the directory of a life's executors once nothing of any is in it; none starts there.

    Of another that is left there, or has left something, everything stays, and so does the
    directory with anything in it that is not ours.
    """
    if numbers(directory):
        return
    sweep(directory)
    try:
        (directory / NOTE).unlink(missing_ok=True)
        directory.rmdir()
    except OSError as error:
        log.debug("%s stays: %s", directory, error)


def never_started(run_id: str) -> Ended:
    """The end of a run for which there was no executor."""
    now = time.time_ns() // 1_000_000
    why = "its executor was gone"
    return bare_end(run_id, NOT_STARTED, now, f"not started: {why}", why)
