"""What a former life of this worker left running: ended on a thread of its own, and told."""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from common.clock import Clock
from worker.cgroups import sweep
from worker.events import FormerOver
from worker.executor_orphans import Carried, end_group, end_orphans, is_of, living_runs
from worker.executor_socket import is_held
from worker.journal_lines import Noted

log = logging.getLogger(__name__)

DIRECTORY = "executors"
LOOK_SECONDS = 0.2
GRACE_SECONDS, MARGIN_SECONDS = 5.0, 10.0
"""Of a run that no journal tells of; and what an executor may take beside the longest grace."""


Known = Mapping[str, tuple[str, int]]
"""Runs: the job and the fence of each, by its id."""


class Homes:
    """The directories of the executors, a fresh one for each life: a new life need not wait for
    the executors of the last one, which end their runs first.
    """

    def __init__(self, data_dir: Path) -> None:
        self._base = data_dir / DIRECTORY
        self.own = self._base / secrets.token_hex(4)

    def former(self) -> list[Path]:
        """Those of former lives."""
        if not self._base.is_dir():
            return []
        return [path for path in self._base.iterdir() if path.is_dir() and path != self.own]


class Former:
    """The body of the thread that ends former runs. `tell` hears one FormerOver in a life.

    The former executors end their runs by themselves, since their main process is gone; what is
    left of the runs when they are gone, or at a deadline, gets KILL.
    """

    name = "former runs"

    def __init__(
        self,
        clock: Clock,
        homes: Homes,
        noted: Mapping[str, Noted],
        tell: Callable[[FormerOver], None],
    ) -> None:
        self._noted = noted
        self._tell = tell
        self._clock = clock
        self._woken = threading.Event()
        self._homes = homes.former()
        self._inherited: Known | None = None
        self._strays: Known = {}
        self._seen: frozenset[Carried] | None = None
        self._ended = self._told = False
        graces = [run.grace for run in noted.values()]
        self._deadline = clock.boot() + max(graces, default=GRACE_SECONDS) + MARGIN_SECONDS

    def inherit(self, runs: Known, strays: Known) -> None:
        """The runs (job and fence by run id) that the store says a former life left; once.

        `strays` are of lives by this worker's name that left nothing here to go on with.
        """
        self._strays = strays
        self._inherited = runs
        self._woken.set()

    def step(self) -> None:
        """Look once for what is still to be ended or told, then wait for more."""
        if self._seen is None:
            self._seen = living_runs()
        if not self._ended:
            self._end()
        if self._ended and self._inherited is not None and not self._told:
            self._finish(self._seen, self._inherited)
        self._woken.wait(None if self._ended else LOOK_SECONDS)
        self._woken.clear()

    def wake(self) -> None:
        """End the wait."""
        self._woken.set()

    def close(self) -> None:
        """What is not ended yet is left to the next life."""

    def _end(self) -> None:
        """End what is left of the noted runs once their executors are gone."""
        late = self._clock.boot() >= self._deadline
        self._homes = [home for home in self._homes if not self._is_over(home)]
        if self._homes and not late:
            return
        for home in self._homes:
            log.error("the executors of %s do not end; their runs get KILL", home)
        for run in self._noted.values():
            if end_group(run.pid, run.ticks):
                log.warning("job=%s run=%s was left behind, killing it", run.job, run.run_id)
        _end({run.run_id: (run.job, run.fence) for run in self._noted.values()})
        self._ended = True

    def _is_over(self, home: Path) -> bool:
        if is_held(home):
            return False
        sweep(home)
        shutil.rmtree(home, ignore_errors=True)
        return True

    def _finish(self, seen: frozenset[Carried], inherited: Known) -> None:
        """End what only the store tells of, and say which of all were started at all."""
        _end(self._strays, unowned=True)
        unknown = {run_id: run for run_id, run in inherited.items() if run_id not in self._noted}
        found = _end(unknown)
        runs = {run.run_id: run.fence for run in self._noted.values()}
        runs |= {run_id: fence for run_id, (_, fence) in unknown.items()}
        was = {each for each in seen if is_of(each, each.run_id, runs.get(each.run_id))}
        started = {run_id for run_id, run in self._noted.items() if run.pid}
        started |= found | {each.run_id for each in was}
        self._told = True
        self._tell(FormerOver(frozenset(runs), frozenset(runs.keys() & started)))


def _end(runs: Known, unowned: bool = False) -> frozenset[str]:
    """End what carries the id of one of these runs; which were found."""
    if not runs:
        return frozenset()
    jobs = {run_id: job for run_id, (job, _) in runs.items()}
    return end_orphans(jobs, {run_id: fence for run_id, (_, fence) in runs.items()}, unowned)
