"""What the tests of acknowledged kills share: runs of the job `a`, and kills that wait for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from common import keys
from common.owed import RUNNING, Owed, pack
from common.record import JobLog
from common.store import Store, put
from master.killing import Killing
from tests.integration.mastering import NOON

RUN, NEXT = f"a@{NOON}", f"a@{NOON + 1000}"
OWED = Owed(RUNNING, "10.0.0.7:b.0123abcd", NOON, 0, 1)

Kills = Callable[..., Killing]
"""Makes a kill of the runs of `a`, or of the one whose id it is given."""


def owe(store: Store, run_id: str = RUN, state: str = RUNNING, outcome: str = "") -> None:
    """Let a run's key stand so."""
    owed = Owed(state, OWED.incarnation, NOON, 0, 1, outcome=outcome, err="signal: killed")
    put(store, keys.run("a", run_id), pack(owed))


def record(run_id: str, outcome: str) -> JobLog:
    """A run's record."""
    plain = JobLog("a", "true", "", "", NOON, NOON, NOON, NOON)
    return replace(plain, run_id=run_id, outcome=outcome, worker="w")


@contextmanager
def waiting(kill: Killing, seconds: float = 20) -> Iterator[threading.Thread]:
    """The kill waits on a thread of its own, and has waited at the end."""
    kill.begin()
    thread = threading.Thread(target=kill.wait, args=(seconds,))
    thread.start()
    yield thread
    thread.join(20)
    assert not thread.is_alive()


def only(kill: Killing) -> dict[str, Any]:
    """The one run of its answer."""
    (run,) = kill.answer()["runs"]
    assert isinstance(run, dict)
    return run
