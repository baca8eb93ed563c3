"""A job's run that holds its lock, and instants that wait for its end."""

from dataclasses import replace

from tests.integration.claiming import T0, Worker
from worker.asks import Take, Turn, Turns
from worker.claim import Claim
from worker.events import Won
from worker.waits import Turned, Unturned, Waits


def running(worker: Worker, **changes: object) -> tuple[Claim, int]:
    """A run that holds the job's lock, and its fence."""
    claim = worker.claim(**changes)
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    return claim, won.fence


def queued(worker: Worker, number: int = 1, overlap: str = "queue") -> Claim:
    """The claim of the instant so many seconds after the one that runs."""
    at = T0 + 1000 + 1000 * number
    worker.clock.now_ms = max(worker.clock.now_ms, at + 1)
    return worker.claim(plan_time=at, fired=at - 1000, overlap=overlap)


def waiting(worker: Worker, number: int = 1, overlap: str = "queue") -> Waits:
    """An instant that waits for the one that runs."""
    (waits,) = worker.do(Take(queued(worker, number, overlap)))
    assert isinstance(waits, Waits)
    return waits


def turn(worker: Worker, waits: Waits, **changes: object) -> Turned | Unturned:
    """What comes of trying whether it is its turn."""
    claim = replace(asked(worker, waits), **changes)  # type: ignore[arg-type]
    (answer,) = worker.do(Turns((Turn(claim, waits.revision),)))
    assert isinstance(answer, Turned | Unturned)
    return answer


def asked(worker: Worker, waits: Waits) -> Claim:
    """The claim by which it is to run."""
    was = waits.claim
    return worker.claim(plan_time=was.plan_time, attempt=was.attempt, overlap=was.overlap)
