"""How the end of a run is written: never over what another worker wrote meanwhile."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from common import keys
from common.owed import pack
from common.store import Entry, Outcome, Store
from worker.asks import End
from worker.finish import finish, finish_lost

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """The revision at which a run's key stands as ours, 0 where it is another's or gone.

    `lost`: our incarnation was over, and the key says so; another run may have begun beside it.
    """

    revision: int
    lost: bool = False


def end_otherwise(store: Store, ask: End, outcome: Outcome, recorded: bool) -> Written:
    """Something stood in the way of the plain end, as `outcome` saw it: write what is right.

    A key that is not there is no news where the run is `recorded`. The store's errors pass
    through; the very same call may then be made again.
    """
    asked = ask.finish
    entry = outcome.reads.get(asked.run_key)
    if entry is None or entry.revision != asked.revision:
        return Written(0) if entry is None and recorded else _changed_before(ask, entry)
    if outcome.reads.get(keys.alive(asked.incarnation)) is None:
        log.warning("run=%s ended after its worker's lease did", asked.run_id)
        late = store.commit(finish_lost(asked))
        if late.won:
            return Written(late.revision, lost=True)
        return _changed_before(ask, late.reads.get(asked.run_key))
    if not ask.unlock:
        return Written(0)
    log.warning("run=%s ended and no longer held its lock", asked.run_id)
    again = store.commit(finish(asked, unlock=False))
    if again.won:
        return Written(again.revision)
    return end_otherwise(store, replace(ask, unlock=False), again, recorded)


def _changed_before(ask: End, entry: Entry | None) -> Written:
    """An answer was lost and the end sent again, or another worker settled the run.

    Who settled it as lost has the mark in the key, and so in the record.
    """
    asked = ask.finish
    if entry is not None and entry.value in (pack(asked.owed), pack(asked.owed_lost)):
        return Written(entry.revision, lost=entry.value != pack(asked.owed))
    by = "another worker" if entry else "this worker's last life or another worker"
    log.warning("run=%s was settled before, by %s", asked.run_id, by)
    return Written(0)
