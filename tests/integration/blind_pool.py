"""A program: an executor's one thread, whose process can open nothing while its runs end.

Run as `python -m tests.integration.blind_pool HOME CGROUP`; prints each end as a line of JSON.
"""

import json
import os
import queue
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.integration.executing import OF_OURS, order, programs_of
from tests.unit.test_spare import no_further_file
from tests.waiting import until
from worker import spare
from worker.equipment import Equipment
from worker.executor_pool import Pool
from worker.executor_starts import Starts
from worker.orders import Ended


def _ends(pool: Pool, ended: Callable[[], Ended], gate: Path) -> None:
    """Carry out three runs one after the other; of the first two the ends cannot be looked at."""
    gate.touch()
    leaves = "sleep 1000 & "  # with the pipe, which stays open that long
    own = order(f"{leaves}while [ -e {gate} ]; do sleep 0.01; done; exit 3")
    lasting = order(f"{leaves}sleep 1000; true", kill_grace_seconds=0.5)
    for given in (own, lasting):
        pool.submit(given)
        until(lambda run=given.run_id: "sleep" in programs_of(run), why="it leaves one")  # type: ignore[misc]
        with no_further_file():
            gate.unlink() if given is own else pool.kill(given.run_id, "enough")
            _say(ended())
        until(lambda run=given.run_id: not programs_of(run), why="nothing is left")  # type: ignore[misc]
    pool.submit(order("echo again"))
    _say(ended())


def _say(end: Ended) -> None:
    told = [end.outcome, end.exit_code, end.err, end.reason]
    sys.stdout.write(json.dumps(told) + "\n")


def main(home: str, cgroup: str) -> None:
    """Make the thread and have it carry out the runs; it has nothing in reserve."""
    spare.MOST = 0
    ends: queue.SimpleQueue[Ended] = queue.SimpleQueue()
    equipment = Equipment(replace(OF_OURS, cgroup=cgroup), Path(home), 0)
    starts = Starts(lambda started: None, lambda: None)
    pool = Pool(1, starts, lambda context, end: ends.put(end), lambda: os._exit(9), equipment)
    pool.start()
    _ends(pool, lambda: ends.get(timeout=60.0), Path(home, "gate"))


if __name__ == "__main__":
    main(*sys.argv[1:])
