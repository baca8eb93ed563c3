"""The crew: a worker's executors, taken together."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from common.loop import Died
from worker.admission import Admission
from worker.ends_full import Full
from worker.ends_told import EndsTold
from worker.executor_config import ExecutorConfig
from worker.executor_link import News
from worker.executor_loss import forget_home
from worker.executor_parting import join_all
from worker.executor_started import StartedLink
from worker.executor_starter import START_SECONDS, Starter
from worker.executor_starting import start_all
from worker.identity import announce
from worker.live_orders import Follow, Printed
from worker.orders import Ended, ExecutorLost, Extend, Order, Started
from worker.retiring import Retiring
from worker.roster import Roster
from worker.secret_files import announce_secrets
from worker.spooled import Range

Heard = Started | Ended | EndsTold | Printed | ExecutorLost
"""What is told on of what executors say."""


class Crew:
    """Starts and stops the executors, and hands each run to the one with the most room.

    One that is lost is started anew while the others go on. `extend`, `look` and `ack` belong to
    any thread, what starts and stops it to the daemon's, the rest to the scheduler's.
    """

    name = "executors"

    def __init__(
        self,
        count: int,
        threads: int,
        directory: Path,
        tell: Callable[[Heard], None],
        died: Died,
        slots: int = 0,
        config: ExecutorConfig | None = None,
        admission: Admission | None = None,
        retiring: Retiring | None = None,
    ) -> None:
        """So many executors with so many threads each; `slots` are how many of all are used.

        `died` hears where a lost one will be replaced no more, for an error that nobody expects.
        `admission` may hold runs back beyond that; what is `retiring` takes part in all but orders.
        """
        self._config = config or ExecutorConfig()
        self._admission = admission
        self._retiring = Retiring() if retiring is None else retiring
        self._retired = False
        self._slots = slots or count * threads
        self._shape = (directory, threads)
        self._tell = tell
        self._roster = Roster(count, self._link)
        self._starter = Starter(self._roster.made, self._roster.take, died)
        self._where: dict[str, StartedLink] = {}
        self._load: Counter[StartedLink] = Counter()
        self._full: dict[int, str] = {}

    @property
    def room(self) -> int:
        """How many more runs can be taken; fewer while an executor is missing."""
        out, links = len(self._where) + len(self._retiring), self._roster.there
        places = sum(link.threads - self._load[link] for link in links if self._takes(link))
        free = min(self._slots - out, places)
        if self._admission is None:
            return free
        return self._admission.room(free, out, [link.pid for link in links if link.pid])

    @property
    def short_of(self) -> str:
        """What keeps it from taking runs though threads are free; "" where nothing does."""
        full = (why for link in self._roster.there if (why := self._full.get(link.number)))
        if why := next(full, ""):
            return f"disk for how its runs end: {why}"
        return self._admission.short_of if self._admission else ""

    @property
    def trouble(self) -> str:
        """What is wrong with executors, for people; "" where nothing is. From any thread."""
        there = self._roster.there
        mute = (f"executor {link.number} does not answer" for link in there if link.is_mute)
        return "; ".join(filter(None, (self._starter.trouble, *mute, *self._retiring.mute)))

    def start(self) -> None:
        """Start the processes, all at once; returns when they take runs."""
        announce(self._config)
        announce_secrets(self._config.secrets_dir)
        start_all(self._roster.there, START_SECONDS)
        self._starter.start()

    def ask(self) -> None:
        """Let each end once it is idle, and if nobody has said else, what is kept go on."""
        if not self._retired:
            self.retire(True)
        self._roster.ask()

    def join(self, timeout: float) -> bool:
        """Wait for them; what still runs after `timeout` seconds is ended."""
        deadline = time.monotonic() + timeout
        whole = self._starter.join(timeout)
        whole = join_all(self._roster.all, max(0.0, deadline - time.monotonic())) and whole
        if whole:
            forget_home(self._shape[0])
        return whole

    def submit_many(self, orders: Sequence[Order]) -> None:
        """Hand over runs; there must be room for all of them."""
        shares: dict[StartedLink, list[Order]] = {}
        for order in orders:
            link = self._freest()
            self._where[order.run_id] = link
            self._load[link] += 1
            if self._admission:
                self._admission.handed(order.run_id)
            shares.setdefault(link, []).append(order)
        for link, share in shares.items():
            link.submit_many(share)

    def kill(self, run_id: str, reason: str, at_once: bool = False) -> None:
        """End a run, or keep it from starting; `at_once` without its grace, or the rest of it."""
        (self._where.get(run_id) or self._retiring).kill(run_id, reason, at_once)

    def call_off(self, run_id: str, reason: str) -> None:
        """Keep a run from starting; one whose command was started goes on."""
        (self._where.get(run_id) or self._retiring).call_off(run_id, reason)

    def rouse(self) -> None:
        """Let those go on that somebody has stopped; the others do not notice."""
        for link in self._roster.all:
            link.signal(signal.SIGCONT)
        self._retiring.rouse()

    def extend(self, incarnation: str, not_after: float) -> None:
        """The incarnation's lease holds until `not_after` (boot seconds): each executor hears so.

        One message for each renewal, whether or not anything runs: orders may be on their way.
        """
        news = Extend(incarnation, not_after)
        for link in self._roster.all:
            link.inform(news)
        self._retiring.extend(news)

    def look(self, run_ids: tuple[str, ...]) -> None:
        """Let all executors tell what these runs print, for as long as `Follow` says."""
        news = Follow(run_ids)
        for link in self._roster.all:
            link.inform(news)
        self._retiring.look(news)

    def ack(self, run_ids: tuple[str, ...]) -> None:
        """The ends of these runs are recorded; from any thread."""
        for link in self._roster.all:
            link.ack(run_ids)
        self._retiring.ack(run_ids)

    def lying_in(self, where: Range) -> tuple[str, ...]:
        """The runs whose ends were told and lie there, still to be recorded; from any thread."""
        own = (run_id for link in self._roster.all for run_id in link.lying_in(where))
        return (*own, *self._retiring.lying_in(where))

    def retire(self, keep: bool) -> None:
        """Let each end what it has, with `keep` but the runs whose jobs say that they go on."""
        self._starter.ask()
        self._retired = True
        for link in self._roster.all:
            link.retire(keep)
        self._retiring.retire(keep)

    def started(self, run_id: str) -> None:
        """The run's command was started."""
        if self._admission:
            self._admission.started(run_id)

    def released(self, run_id: str) -> None:
        """The run's end was heard; its place is free."""
        if self._admission:
            self._admission.over(run_id)
        link = self._where.pop(run_id, None)
        if link:
            self._load[link] -= 1
        else:
            self._retiring.released(run_id)

    def _link(self, number: int) -> StartedLink:
        """A link to an executor of ours that is still to be started."""
        directory, threads = self._shape
        return StartedLink(number, directory, threads, self._hear, self._config)

    def _freest(self) -> StartedLink:
        """The executor with the most room; where none is left, one that says so of each run."""

        def rank(link: StartedLink) -> tuple[bool, bool, float]:
            return not self._takes(link), not link.is_open, self._load[link] / link.threads

        return min(self._roster.there, key=rank)

    def _takes(self, link: StartedLink) -> bool:
        """Whether it takes orders, and could keep how they end."""
        return link.is_open and not self._full.get(link.number)

    def _hear(self, news: News) -> None:
        """From the links' threads: one that is lost is replaced, and the worker goes on."""
        if isinstance(news, Full):
            self._full[news.number] = news.why
            return
        if isinstance(news, ExecutorLost):
            self._full.pop(news.number, None)
            self._starter.missed()
        self._tell(news)
