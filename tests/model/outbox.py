"""A process's outbox: transactions that are sent together, each winning or losing for itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tests.model.rules import Rule
from tests.model.steps import Ask, Errand, Machine, Pause, Post, Server
from tests.model.transactions import REFUSED, Answer, Transaction

if TYPE_CHECKING:
    from tests.model.process import Process

MOST = 4
"""So many transactions go into one batch; it stands for 100."""
GATHER = 30


class Posted(NamedTuple):
    """A transaction that waits to be sent, and who waits for its answer."""

    transaction: Transaction
    errand: Errand
    back: Callable[[Answer | None], None]


class Outbox:
    """Gathers what is posted within some milliseconds."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._posted: list[Posted] = []
        self._sending = False

    def post(self, post: Post, back: Callable[[Answer | None], None]) -> None:
        """Send it soon; `back` gets the answer, or None when none came."""
        self._posted.append(Posted(post.transaction, post.errand, back))
        if not self._sending:
            self._sending = True
            self._process.go(self._send())

    def _send(self) -> Machine[None]:
        yield Pause(self._process.random.randint(0, GATHER))
        while self._posted:
            batch = self._gather()
            # Sent side by side: one whose answer is lost holds up none of the others.
            self._process.go(self._deliver(batch))
        self._sending = False

    def _gather(self) -> list[Posted]:
        """The first that is waiting, and others whose keys it does not write."""
        batch: list[Posted] = []
        written: set[str] = set()
        for posted in list(self._posted):
            keys = posted.transaction.written()
            if len(batch) < MOST and (not written & keys or not self._once()):
                batch.append(posted)
                written |= keys
                self._posted.remove(posted)
        return batch

    def _once(self) -> bool:
        return self._process.world.rules.on(Rule.ONCE)

    def _deliver(self, batch: list[Posted]) -> Machine[None]:
        store = self._process.world.store
        call = partial(store.commit_many, [posted.transaction for posted in batch])
        answers: list[Answer] | None = yield Ask(Server.STORE, call, batch[0].errand)
        self._process.world.count("batch: " + ("1" if len(batch) == 1 else "several"))
        if answers is None:
            for posted in batch:
                posted.back(None)
        elif answers[0] is REFUSED and len(batch) > 1:
            yield from self._refused(batch)
        else:
            for posted, answer in zip(batch, answers, strict=True):
                posted.back(answer)

    def _refused(self, batch: list[Posted]) -> Machine[None]:
        self._process.world.count("batch: refused as a whole")
        if not self._process.world.rules.on(Rule.SPLIT):
            for posted in batch:
                posted.back(REFUSED)
            return
        half = len(batch) // 2
        yield from self._deliver(batch[:half])
        yield from self._deliver(batch[half:])
