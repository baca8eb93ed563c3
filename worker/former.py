"""What former lives of this worker left: taken over from their executors, or ended, and told."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from common.clock import Clock
from common.counts import count_of
from worker.carried import Carried, is_of
from worker.ends_full import Full
from worker.ends_told import EndsTold
from worker.events import FormerKnown, FormerOver, Resumed
from worker.executor_link import News
from worker.executor_orphans import living_runs
from worker.former_end import end_places
from worker.former_homes import Homes
from worker.former_orphans import Known, end_known, end_noted
from worker.former_place import FormerPlace
from worker.journal_lines import Noted
from worker.live_orders import Printed
from worker.orders import Ended, ExecutorLost, Started
from worker.results import lost
from worker.retiring import Retiring
from worker.spooled import Range

log = logging.getLogger(__name__)

LOOK_SECONDS, SELDOM_SECONDS = 0.2, 2.0
GRACE_SECONDS, MARGIN_SECONDS = 5.0, 10.0
"""Of a run that no journal tells of; and what an executor may take beside the longest grace."""
GONE = "its executor died while its worker was restarted"
UNKNOWN = "?"
"""In the place of what a run was ordered with: its key may say it."""

Told = Resumed | Started | Ended | EndsTold | Printed | FormerOver | FormerKnown


class Former:
    """The body of the thread that speaks first with the executors of former lives.

    What one of them has, or told nobody, is told here. An executor that cannot be spoken with keeps
    its runs until it is gone; but of those that it should have ended by itself, and of those that
    no executor has, what is left alive gets KILL.
    """

    name = "former runs"

    def __init__(
        self,
        clock: Clock,
        homes: Homes,
        noted: Mapping[str, Noted],
        tell: Callable[[Told], None],
        retiring: Retiring,
    ) -> None:
        """`noted` is what the journal says; `tell` is safe from any thread."""
        self._clock = clock
        self._homes = homes
        self._open = dict(noted)
        self._tell = tell
        self._retiring = retiring
        self._places = homes.places()
        self._inherited: dict[str, tuple[str, int]] | None = None
        self._strays: Known = {}
        self._settled = False
        self._known: bool | None = None
        self._seen: frozenset[Carried] | None = None
        self._safe: queue.SimpleQueue[tuple[str, ...] | Range] = queue.SimpleQueue()
        self._woken = threading.Event()
        graces = [run.grace for run in noted.values()]
        self._deadline = clock.boot() + max(graces, default=GRACE_SECONDS) + MARGIN_SECONDS

    def inherit(self, runs: Known, strays: Known) -> None:
        """The runs (job and fence by run id) that the store says a former life left; once.

        `strays` are of lives by this worker's name that left nothing here to go on with. Before
        this no executor is spoken with: somebody else may be this worker.
        """
        self._strays = strays
        self._inherited = dict(runs)
        self._woken.set()

    def safe(self, run_ids: tuple[str, ...]) -> None:
        """The ends of these runs are recorded, whoever told them; from any thread."""
        if self._places:
            self._safe.put(run_ids)
            self._woken.set()

    def unreadable(self, range_: Range) -> tuple[str, ...]:
        """Ends that lie there give no records; of which runs they are, if it is what executors left
        that are gone. From any thread.
        """
        if self._places:
            self._safe.put(range_)
            self._woken.set()
        return tuple(run_id for place in self._places for run_id in place.lying_in(range_))

    def step(self) -> None:
        """Look once for what is still to be taken over, ended or told, then wait for more."""
        if self._seen is None:
            self._seen = living_runs()
        if self._inherited is not None:
            self._look()
            self._settle(self._seen, self._inherited)
            self._say_known()
        self._woken.wait(self._pause())
        self._woken.clear()

    def wake(self) -> None:
        """End the wait."""
        self._woken.set()

    def close(self) -> None:
        """What is not taken over yet is left to the next life, or ended where that is told."""
        if not self._retiring.keeps:
            end_places(place for place in self._places if place.is_open)
        self._forget()

    def _pause(self) -> float | None:
        """When to look again at an executor of which nobody will tell us that it ended."""
        if self._inherited is None or not any(place.is_open for place in self._places):
            return None
        return LOOK_SECONDS if self._clock.boot() < self._deadline else SELDOM_SECONDS

    def _look(self) -> None:
        """Speak with the executors that live, and read what the others left."""
        for place in self._places:
            if place.is_open:
                self._take(place)
        self._forget()

    def _say_known(self) -> None:
        """Once nothing more will be heard of executors, or of their runs, that is not known; and
        before that, once all others have ended or were heard than those that never will be.
        """
        unheard = [place for place in self._places if place.is_open]
        if self._known is (not unheard) or not all(place.is_mute for place in unheard):
            return
        self._known = not unheard
        self._tell(FormerKnown(self._known))

    def _take(self, place: FormerPlace) -> None:
        adopted = place.adopt(self._hear)
        if adopted:
            link, hello = adopted
            runs, ends = count_of(len(hello.running), "run"), count_of(len(hello.ended), "end")
            log.info("%s has %s, and %s to tell", place, runs, ends)
            self._claim([*hello.ended, *(held.run_id for held in hello.running)])
            self._tell(Resumed(hello.running))
            self._retiring.add(link, [held.run_id for held in hello.running])
            link.follow()
            return
        left = place.ends()
        self._claim([over.run_id for ends in left for over in ends.over])
        for each in left:
            self._tell(each)

    def _claim(self, run_ids: list[str]) -> None:
        """These are not ours to end: an executor tells of them."""
        assert self._inherited is not None
        for run_id in run_ids:
            self._open.pop(run_id, None)
            self._inherited.pop(run_id, None)

    def _hear(self, news: News) -> None:
        """What an executor tells goes on as it is; one that died with runs tells so of each."""
        if isinstance(news, ExecutorLost):
            for run_id in news.run_ids:
                end = lost(run_id, self._clock.wall_ms(), GONE)
                self._tell(replace(end, context=UNKNOWN))
        elif not isinstance(news, Full):  # It gets no orders of ours.
            self._tell(news)

    def _forget(self) -> None:
        while not self._safe.empty():
            news = self._safe.get_nowait()
            for place in self._places:
                if isinstance(news, Range):
                    place.unreadable(news)
                else:
                    place.safe(news)
        self._homes.tidy()

    def _settle(self, seen: frozenset[Carried], inherited: dict[str, tuple[str, int]]) -> None:
        """End what no executor has, and say which of all that was started at all."""
        unsettled = [place for place in self._places if place.is_open]
        if self._settled or (unsettled and self._clock.boot() < self._deadline):
            return
        self._settled = not unsettled
        over = {run_id: run for run_id, run in self._open.items() if not (unsettled and run.keep)}
        unknown = {} if unsettled else {i: run for i, run in inherited.items() if i not in over}
        if unsettled and not over:
            return
        for place in unsettled:
            log.error("%s does not end; its runs get KILL", place)
        end_noted(over)
        end_known(self._strays, unowned=True)
        found = end_known(unknown)
        runs = {run.run_id: run.fence for run in over.values()}
        runs |= {run_id: fence for run_id, (_, fence) in unknown.items()}
        was = {each for each in seen if is_of(each, each.run_id, runs.get(each.run_id))}
        started = {run_id for run_id, run in over.items() if run.pid}
        started |= found | {each.run_id for each in was}
        self._claim(list(runs))
        self._tell(FormerOver(frozenset(runs), frozenset(runs.keys() & started)))
