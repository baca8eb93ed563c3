"""Asking the workers to end every run of a job."""

from __future__ import annotations

import logging
from collections.abc import Collection

from common import keys
from common.audit import KILLED, AuditEntry
from common.constants import JOB_RUN_DIR, KILLER_SECONDS
from common.errors import StoreError, StoreLost
from common.job import check_name, found_name
from common.killer import pack_kill
from common.lock import is_foreign
from common.owed import ENDED
from common.store import Put, Store, Transaction
from master.audit_box import audited
from master.change_log import NOBODY, Asker
from master.refusals import NoSuchJob, OutcomeUnknown
from master.run_marks import owed_of, runs_of

log = logging.getLogger(__name__)

MOST_NAMED = 5
"""So many of the runs that a kill hit are named in the audit."""
NOTHING = "asked for, and nothing ran"


def kill(store: Store, name: str, asked: Asker = NOBODY) -> None:
    """Put the marker that ends every run of the job that was claimed before it.

    NoSuchJob when there is neither a job nor a run nor a lock of that name; then, as with the
    store's errors, nothing was put. OutcomeUnknown when that cannot be told; asking again is
    harmless, but for runs that have begun in between.
    """
    if not known(store, found_name(name)):
        check_name(name)
        raise NoSuchJob(name)
    found = (owed_of(name, entry) for entry in store.snapshot(runs_of(name)).entries)
    hit = [run_id for run_id, owed in filter(None, found) if owed.state != ENDED]
    elsewhere = is_foreign(name, store.get(keys.lock(name)))
    put_kill(store, name, told=told_kill(asked, name, hit, elsewhere))
    log.info("job=%s kill asked for", name)


def told_kill(
    asked: Asker, name: str, hit: Collection[str], elsewhere: bool, run_id: str = ""
) -> Put:
    """What is put down of a kill for the audit: who asked, and what it hit as far as that is known.

    With a `run_id` that one run alone was meant; `elsewhere` says that a Go worker ran the job.
    """
    named = sorted(hit)[:MOST_NAMED]
    if len(hit) > MOST_NAMED:
        named.append(f"{len(hit) - MOST_NAMED} more")
    if elsewhere:
        named.append("a Go worker's run")
    reason = "" if run_id else ", ".join(named) or NOTHING
    entry = AuditEntry(asked.at, KILLED, asked.by, asked.peer, name, run_id=run_id, reason=reason)
    return audited(entry)


def put_kill(
    store: Store, name: str, run_id: str = "", by: str = "", told: Put | None = None
) -> int:
    """Put the marker for all runs of a job, or for one; the revision below which they are meant.

    `told` is what is put down of it for the audit. Errors as `kill`.
    """
    lease = store.grant(KILLER_SECONDS)
    marker = Put(keys.killer(name), pack_kill(run_id, by), lease)
    try:
        return store.commit(Transaction((), (marker, told) if told else (marker,))).revision
    except StoreLost as error:
        log.warning("job=%s: no answer to a kill (%s); looking what came of it", name, error)
        revision = _stands(store, name, lease)
        if not revision:
            raise OutcomeUnknown(f"it is not known whether the kill was put ({error})") from error
        return revision


def known(store: Store, name: str) -> bool:
    """Whether there is a job of this name, or something of it that runs or is owed."""
    if store.get(keys.job(name)) or store.get(keys.lock(name)):
        return True
    return bool(store.snapshot(f"{JOB_RUN_DIR}{name}/").entries)


def _stands(store: Store, name: str, lease: int) -> int:
    """The revision of the marker that hangs on this lease; 0 where there is none."""
    try:
        entry = store.get(keys.killer(name))
    except StoreError:
        return 0
    return entry.revision if entry is not None and entry.lease == lease else 0
