"""What dead workers leave, and workers that are alive to take it over."""

import json
from collections.abc import Sequence

from common import keys
from common.owed import ENDED, RUNNING, Owed, pack
from common.record import MISSED
from common.store import Store, put
from tests.integration.claiming import T0, Worker
from worker.asks import Nudge
from worker.heirs import first_heir

DEAD = "10.9.9.9.dead"


def register(worker: Worker, number: int, **more: object) -> None:
    """Let a registration name the worker's incarnation, as a real one does."""
    value = json.dumps({"incarnation": worker.presence.incarnation(), **more})
    put(worker.store, keys.worker(f"registered.{number}"), value.encode())


def owe(store: Store, count: int, holder: str = DEAD, state: str = RUNNING) -> list[str]:
    """Keys of as many runs of that incarnation."""
    owed = Owed(state, holder, T0, 0, 3, MISSED if state == ENDED else "")
    run_keys = [keys.run(f"job-{n}", keys.run_id(f"job-{n}", T0)) for n in range(count)]
    for run_key in run_keys:
        put(store, run_key, pack(owed))
    return run_keys


def first(living: Sequence[Worker], name: str = DEAD) -> Worker:
    """Whose it is to settle what is owed under this name."""
    found = {each.presence.incarnation(): each for each in living}
    return found[first_heir(name, found)]


def look(worker: Worker, times: int = 4) -> None:
    """Let the worker look, and take over slice by slice."""
    worker.presence.wake()
    worker.presence.step()
    for _ in range(times):
        worker.claimer.inbox.put(Nudge())
        worker.claimer.step()


def filed(worker: Worker) -> list[str]:
    """The run keys that the worker filed records for."""
    return [filing.run_key for filing in worker.filed]
