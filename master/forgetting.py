"""Forgetting a worker that is gone for good: what the store still holds of it by its name."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from common import keys
from common.audit import FORGOT, AuditEntry
from common.constants import JOB_FIRED_DIR, WORKER_ALIVE_DIR
from common.moving import moving
from common.store import Absent, Delete, Entry, Operation, Put, RevisionIs, Store, Transaction
from common.watermark import watermark_of
from master.answers import answering
from master.asker import asker
from master.audit_box import audited
from master.json_body import json_body, text
from master.refusals import NoSuchWorker
from master.request import Request
from master.routes import Routes
from master.run_marks import worker_of
from master.standing import read_standing
from master.units import has_share

log = logging.getLogger(__name__)

GONE = "the worker that was to run it is gone for good"


class Forgetting:
    """Forgets workers that neither are registered nor live.

    `zone` is the fleet's, `now` gives epoch ms or raises ClockOff.
    """

    def __init__(self, store: Store, zone: str, now: Callable[[], int]) -> None:
        self._store = store
        self._zone = zone
        self._now = now

    def add_to(self, routes: Routes) -> None:
        """Put the call into the table."""
        routes.add("POST", "/api/v1/worker/forget", answering(self.call))

    def call(self, request: Request) -> Any:
        """Forget the `worker` of the body."""
        worker = text(json_body(request, ("worker",)), "worker")
        return self.forget(worker, asker(request), request.peer[0])

    def forget(self, name: str, by: str = "", peer: str = "") -> dict[str, Any]:
        """Forget a worker: the jobs of which it had a share, and whether it was to drain.

        `by` is who asks, `peer` from which address.
        NoSuchWorker where it is there, or nothing is known of it; ClockOff.
        """
        self._refuse_living(name)
        told = audited(AuditEntry(self._now(), FORGOT, by, peer, worker=name))
        jobs = sorted(self._share(name, entry, told) for entry in self._shares(name))
        drain = self._let_go(name, self._store.get(keys.drain(name)), (told,))
        if not jobs and not drain:
            raise NoSuchWorker(f"nothing is known of a worker {name[:140]!r}")
        log.info("worker=%s is forgotten: %d shares of jobs, drain=%s", name, len(jobs), drain)
        return {"worker": name, "jobs": jobs, "drain": drain}

    def _refuse_living(self, name: str) -> None:
        if self._store.get(keys.worker(name)):
            raise NoSuchWorker(f"{name[:140]!r} is registered; stop it first")
        lives = self._store.snapshot(f"{WORKER_ALIVE_DIR}{name}.").entries
        if any(worker_of(each.key.removeprefix(WORKER_ALIVE_DIR)) == name for each in lives):
            raise NoSuchWorker(f"{name[:140]!r} was there a moment ago; wait for its lease to end")

    def _shares(self, name: str) -> list[Entry]:
        """The watermarks of the worker's shares; that of a job called so is none."""
        found = self._store.snapshot(JOB_FIRED_DIR).entries
        own = [entry for entry in found if entry.key.endswith(f"#{name}") and not name.isdecimal()]
        units = [(each, each.key.removeprefix(JOB_FIRED_DIR)) for each in own]
        return [each for each, unit in units if self._store.get(keys.job(unit)) is None]

    def _share(self, name: str, entry: Entry, told: Put) -> str:
        """Forget a share; the name of its job."""
        job = entry.key.removeprefix(JOB_FIRED_DIR).removesuffix(f"#{name}")
        standing = read_standing(self._store, job)
        owing = None if entry.lease else standing.owing(self._zone)
        before = owing if has_share(standing.job, name) else None
        fired = watermark_of(entry)
        _, *owed = moving(job, fired, self._now(), before, GONE, share=name)
        self._let_go(name, entry, (*owed, told))
        return job

    def _let_go(self, name: str, entry: Entry | None, more: tuple[Operation, ...]) -> bool:
        """Remove a key of the worker, unless it came back; whether there was one."""
        if entry is None:
            return False
        unchanged = (Absent(keys.worker(name)), RevisionIs(entry.key, entry.revision))
        done = self._store.commit(Transaction(unchanged, (Delete(entry.key), *more)))
        if not done.won:
            raise NoSuchWorker(f"{name[:140]!r} came back meanwhile")
        return True
