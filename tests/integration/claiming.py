"""Workers without threads: a presence and a claimer each, whose steps the test makes."""

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from common import keys
from common.clocks import Clocks
from common.job import Job, pack_job
from common.owed import ENDED, Owed, unpack
from common.record import SUCCESS
from common.store import Store, put
from common.trusted_clock import TrustedClock
from common.watermark import pack_watermark, unpack_watermark
from tests.turned_clock import TurnedClock
from worker.asks import End, Nudge, Recorded
from worker.claim import Claim
from worker.claimer import Claimer
from worker.events import Event
from worker.filing import Filing
from worker.finish import Finish
from worker.mixed import Mixed
from worker.presence import Presence
from worker.registration import Identity
from worker.spool_state import SpoolState
from worker.sweep import Sweep

T0 = 1_800_000_000_000
NAME = "backup"


@dataclass
class Worker:
    """A presence and a claimer without threads: the test makes their steps."""

    store: Store
    clock: TurnedClock
    presence: Presence
    claimer: Claimer
    heard: list[Event]
    filed: list[Filing]
    mixed: Mixed

    def do(self, *asks: object) -> list[Event]:
        """Let the claimer do these, and give what it answered."""
        self.heard.clear()
        for ask in asks:
            self.claimer.inbox.put(ask)  # type: ignore[arg-type]
            self.claimer.inbox.put(Nudge())
            self.claimer.step()
        return list(self.heard)

    def sweep(self, seconds: float = 31) -> list[Event]:
        """Let so much time pass and the worker look for what is owed."""
        self.clock.turn(seconds)
        self.presence.wake()
        self.presence.step()
        return self.do(Recorded(()))

    def claim(self, **changes: object) -> Claim:
        """A claim of the instant after T0 as this worker would make it."""
        standing = self.presence.standing
        job = self.store.get(keys.job(NAME))
        assert standing
        claim = Claim(
            NAME,
            job.revision if job else 0,
            "true",
            T0,
            T0 + 1000,
            standing.incarnation,
            standing.lease,
            True,
            None,
        )
        return replace(claim, **changes)  # type: ignore[arg-type]

    def run(self, claim: Claim) -> Owed | None:
        """What stands under the claim's run key."""
        entry = self.store.get(claim.run_key)
        return unpack(entry.value) if entry else None

    def fired(self) -> int:
        """The watermark."""
        entry = self.store.get(keys.fired(NAME))
        assert entry
        return unpack_watermark(entry.value)

    def finish(self, claim: Claim, fence: int) -> End:
        """The end of a run that went well."""
        owed = replace(claim.owed(), state=ENDED, outcome=SUCCESS)
        return End(Finish.of(claim, fence, owed), claim.locks, claim.following)


numbers = itertools.count()


def make_worker(
    store: Store, clock: TurnedClock, clocks: Clocks | None = None, told: bool = True
) -> Worker:
    """A worker with an incarnation of its own, that has looked around once.

    It was `told` what former lives left.
    """
    heard: list[Event] = []
    filed: list[Filing] = []
    identity = Identity(f"10.0.0.{next(numbers)}", lambda incarnation, me: b"{}", lambda: b"{}")
    presence = Presence(store, clock, identity, 30, 10, heard.append)
    presence.wake()
    presence.step()
    sweep = Sweep(store, 30, clock, filed.extend, heard.append, lambda: SpoolState(waiting=1))
    if told:
        sweep.all_told()
    trusted = TrustedClock(clock, clocks or Clocks(), "claiming nothing")
    mixed = Mixed()
    claimer = Claimer(store, trusted, presence, sweep, heard.append, mixed)
    sweep._next = clock.boot() + 30
    return Worker(store, clock, presence, claimer, heard, filed, mixed)


@contextlib.contextmanager
def working(store: Store) -> Iterator[Worker]:
    """A worker just after the instant that the tests claim, and a job with a watermark at T0."""
    put(store, keys.job(NAME), pack_job(Job(NAME, "true", "* * * * * * *")))
    put(store, keys.fired(NAME), pack_watermark(T0))
    made = make_worker(store, TurnedClock(wall_ms=T0 + 1001))
    yield made
    made.presence.close()
