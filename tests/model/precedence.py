"""Who comes first in a job that queues: an older run that waits."""

from __future__ import annotations

from collections.abc import Mapping

from common import keys
from tests.model.transactions import Entry
from tests.model.values import WAITING, Owed


def overtaken(run: str, owed: Owed, entries: Mapping[str, Entry]) -> bool:
    """Whether a scheduled run of a job that queues begins before an older one that waits."""
    if owed.job.overlap not in ("queue", "replace") or owed.attempt or owed.manual:
        return False
    return any(
        key.startswith(keys.run(owed.job.name, f"{owed.unit}@"))
        and (entry.value.state, entry.value.attempt, entry.value.manual) == (WAITING, 0, "")
        for key, entry in entries.items()
    )
