"""An executor's keeper of ends, which is given those of many runs at once."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

from common.job import Job
from worker.baggage import Baggage, JobTexts, pack_baggage
from worker.claim import Claim
from worker.executor_channel import RECEIVE_BYTES, Sender
from worker.executor_ends import EndKeeper
from worker.executor_spool import Spool
from worker.executor_starts import Starts
from worker.hello import Hello
from worker.orders import NEEDS, PROTOCOL_VERSION, Ended

PLAN_MS = 1_700_000_000_000
OUTPUT = b"0123456789 a line of what the run printed\n"
"""With it an end and its context take some 600 bytes of the spool."""


def ends_of(count: int) -> list[tuple[str, Ended]]:
    """So many runs' contexts and ends, as an executor's threads hand them over."""
    texts, job = JobTexts(), Job("bench", "true", "* * * * * * *", timezone="UTC")
    made = []
    for number in range(count):
        plan = PLAN_MS + number
        claim = Claim("bench", 3, "true", plan - 1, plan, "me.1", 7, True, None)
        context = pack_baggage(Baggage(claim, job, 5, 4, plan), texts.of)
        end = Ended(
            claim.run_id, "success", 0, None, plan, plan + 5, OUTPUT, len(OUTPUT), False, "", "",
            0.001, 1 << 20, 0, 0,
        )  # fmt: skip
        made.append((context, end))
    return made


class Keeper:
    """An executor's keeper of ends that nobody acknowledges, and a main process that hears them."""

    def __init__(self, directory: Path) -> None:
        self._over = 0
        self._all = threading.Event()
        self._wanted = 0
        starts = Starts(lambda _: None, lambda: None)
        spool = Spool(directory, 0)
        self.keeper = EndKeeper(spool, lambda: 64, starts, self._count, lambda: None, self._all.set)
        self._ours, theirs = socket.socketpair()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.keeper.greet(Sender(theirs, "sender"), _hello)
        self.keeper.start()

    def take(self, ends: list[tuple[str, Ended]]) -> float:
        """Take all these; how many seconds that took."""
        self._wanted = len(ends)
        begun = time.monotonic()
        for context, end in ends:
            self.keeper.put(context, end)
        if not self._all.wait(120) or self._over < self._wanted:
            raise AssertionError(f"{self._over} of {self._wanted} ends were taken")
        return time.monotonic() - begun

    def close(self) -> None:
        """End its threads."""
        self.keeper.finish(10.0)
        self._ours.close()
        self._reader.join(10.0)

    def _count(self, run_ids: list[str]) -> None:
        self._over += len(run_ids)
        if self._over >= self._wanted:
            self._all.set()

    def _read(self) -> None:
        try:
            while self._ours.recv(RECEIVE_BYTES):
                pass
        except OSError:
            pass  # closed under us


def _hello(ended: tuple[str, ...]) -> Hello:
    return Hello(PROTOCOL_VERSION, 0, NEEDS, (), ended)
