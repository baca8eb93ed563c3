"""Who waits for a turn comes before later instants of its unit, wherever it waits.

To look for it costs a read, which is made only where somebody may wait: an instant that we took
with its lock shows that nobody does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from common import keys
from common.constants import JOB_RUN_DIR
from common.errors import InvalidField
from common.owed import WAITING, unpack
from common.store import Entry, Store
from worker.claim import Claim, job_and_run
from worker.patience import Patience

QUEUES = ("queue", "replace")
MANY = 20
"""For so many jobs at once all that is owed is read in one."""
KEPT = 100_000


class Precedence:
    """Belongs to the claimer's thread. Errors of the store other than silence pass through."""

    def __init__(self, store: Store, patience: Patience) -> None:
        self._store = store
        self._patience = patience
        self._clear: dict[str, int] = {}

    def taken(self, claim: Claim) -> None:
        """The instant is ours with its lock: up to it nobody waits."""
        if claim.overlap in QUEUES and not claim.manual:
            if len(self._clear) >= KEPT:
                self._clear.clear()
            self._clear[claim.unit] = claim.plan_time

    def waiting(self, claims: Iterable[Claim]) -> dict[str, Entry] | None:
        """Of these claims' units the runs that wait before them; None when we are stopping."""
        return self.read([claim for claim in claims if self._may_wait(claim)])

    def read(self, claims: Sequence[Claim]) -> dict[str, Entry] | None:
        """The same by what the store says of each."""
        names = sorted({claim.name for claim in claims})
        prefixes = [f"{JOB_RUN_DIR}{name}/" for name in names]
        found: list[Entry] = []
        for prefix in prefixes if len(prefixes) < MANY else [JOB_RUN_DIR]:
            read = self._patience.insist(partial(self._store.snapshot, prefix))
            if read is None:
                return None
            found += read.entries
        own = {claim.run_key for claim in claims}
        units = {claim.unit for claim in claims}
        return {
            unit: each for each in found if each.key not in own and (unit := _unit(each)) in units
        }

    def _may_wait(self, claim: Claim) -> bool:
        return claim.overlap in QUEUES and self._clear.get(claim.unit) != claim.fired


def _unit(entry: Entry) -> str:
    """The unit of which this is the run that waits to be the next; "" for anything else."""
    name, run_id = job_and_run(entry.key)
    said = keys.read_run_id(name, run_id)
    if said is None or said.attempt:
        return ""
    try:
        return said.unit if unpack(entry.value).state == WAITING else ""
    except InvalidField:
        return ""
