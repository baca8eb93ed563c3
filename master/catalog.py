"""All jobs as the store has them; what is malformed is told apart, and said once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from common.constants import JOB_SAVE_DIR
from common.errors import InvalidField
from common.job import Job
from common.protocol import extract_job_name
from common.store import Entry, Store
from master.standing import job_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listed:
    """A key under /cron/jobs/: its job, or why it has none."""

    name: str
    job: Job | None
    invalid: str = ""


def listed(entry: Entry) -> Listed:
    """What a key's entry holds."""
    name = extract_job_name(entry.key)
    try:
        return Listed(name, job_of(name, entry))
    except InvalidField as error:
        return Listed(name, None, str(error))


class Catalog:
    """Reads all jobs. `malformed` is how many keys the last reading could not use."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._said: frozenset[tuple[str, int]] = frozenset()
        self.malformed = 0

    def read(self) -> list[Listed]:
        """Every key under /cron/jobs/ by name, malformed ones among them."""
        found = [(entry, listed(entry)) for entry in self._store.snapshot(JOB_SAVE_DIR).entries]
        self._complain((entry, item) for entry, item in found if item.job is None)
        return [item for _, item in found]

    def _complain(self, bad: Iterable[tuple[Entry, Listed]]) -> None:
        reasons = {(entry.key, entry.revision): item.invalid for entry, item in bad}
        with self._lock:
            new = reasons.keys() - self._said
            self._said = frozenset(reasons)
            self.malformed = len(reasons)
        for key, revision in sorted(new):
            log.warning(
                "%s is malformed and left out until it changes: %s", key, reasons[key, revision]
            )
