"""The Go system's way to run a job once, as a negative control: the checker must not like it.

At each due instant every worker sleeps up to a second, tries to put a lock on the job's name
under a lease, runs the command if it got the lock, and revokes the lease. A job that is shorter
than the sleeps differ is run again by the next worker that wakes.
"""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time
from collections.abc import Sequence

from common import keys
from common.store import Absent, Put, Store, Transaction

LEASE_SECONDS = 5
LONGEST_SLEEP_SECONDS = 1.0


class GoWorker:
    """One such worker, for one job and a few due instants (epoch ms)."""

    def __init__(self, store: Store, job: str, command: str, plans: Sequence[int]) -> None:
        self._store = store
        self._job = job
        self._command = command
        self._plans = plans
        self._waiting = threading.Event()
        self._random = random.Random()
        self._thread = threading.Thread(target=self._work, name="go-worker")

    def start(self) -> None:
        """Begin to wait for the first instant."""
        self._thread.start()

    def join(self, timeout: float) -> None:
        """Wait until the last instant is dealt with."""
        self._thread.join(timeout)
        assert not self._thread.is_alive()

    def _work(self) -> None:
        for plan in self._plans:
            self._wait(plan / 1000 - time.time())
            self._wait(self._random.uniform(0, LONGEST_SLEEP_SECONDS))
            self._try(plan)

    def _try(self, plan: int) -> None:
        lease = self._store.grant(LEASE_SECONDS)
        key = keys.lock(self._job)
        locked = self._store.commit(Transaction((Absent(key),), (Put(key, b"", lease),)))
        if locked.won:
            self._run(plan, locked.revision)
        self._store.revoke(lease)

    def _run(self, plan: int, fence: int) -> None:
        told = {
            "PATH": os.defpath,
            "FLEETCRON_JOB": self._job,
            "FLEETCRON_RUN_ID": keys.run_id(self._job, plan),
            "FLEETCRON_PLAN_TIME": str(plan),
            "FLEETCRON_FENCE": str(fence),
        }
        subprocess.run(["/bin/sh", "-c", self._command], env=told, check=True, capture_output=True)

    def _wait(self, seconds: float) -> None:
        self._waiting.wait(max(0.0, seconds))
