"""How the end of a run is written: never over what another worker wrote meanwhile."""

from __future__ import annotations

import logging

from common import keys
from common.owed import pack
from common.store import Entry, Store
from worker.asks import End
from worker.claim import finish, finish_lost

log = logging.getLogger(__name__)


def end(store: Store, ask: End, recorded: bool = False) -> int:
    """Write the end; the revision at which the run's key then stands as ours, else 0.

    A key that is not there is no news where the record is. The store's errors pass through; the
    very same call may then be made again.
    """
    asked = ask.finish
    outcome = store.commit(finish(asked, ask.unlock))
    if outcome.won:
        return outcome.revision
    entry = outcome.reads.get(asked.run_key)
    if entry is None or entry.revision != asked.revision:
        return 0 if entry is None and recorded else _changed_before(ask, entry)
    if outcome.reads.get(keys.alive(asked.incarnation)) is None:
        log.warning("run=%s ended after its worker's lease did", asked.run_id)
        late = store.commit(finish_lost(asked))
        return late.revision if late.won else 0
    if ask.unlock:
        log.warning("run=%s ended and no longer held its lock", asked.run_id)
        return end(store, End(asked, unlock=False), recorded)
    return 0


def _changed_before(ask: End, entry: Entry | None) -> int:
    """An answer was lost and the end sent again, or another worker settled the run."""
    if entry is not None and entry.value == pack(ask.finish.owed):
        return entry.revision
    log.warning("run=%s was settled by another worker meanwhile", ask.finish.run_id)
    return 0
