"""Asking the workers to end every run of a job."""

from __future__ import annotations

import logging

from common import keys
from common.audit import KILLED, AuditEntry
from common.constants import JOB_RUN_DIR, KILLER_SECONDS
from common.errors import StoreError, StoreLost
from common.job import check_name, found_name
from common.killer import pack_kill
from common.store import Put, Store, Transaction
from master.audit_box import audited
from master.change_log import NOBODY, Asker
from master.refusals import NoSuchJob, OutcomeUnknown

log = logging.getLogger(__name__)


def kill(store: Store, name: str, asked: Asker = NOBODY) -> None:
    """Put the marker that ends every run of the job that was claimed before it.

    NoSuchJob when there is neither a job nor a run nor a lock of that name; then, as with the
    store's errors, nothing was put. OutcomeUnknown when that cannot be told; asking again is
    harmless, but for runs that have begun in between.
    """
    if not known(store, found_name(name)):
        check_name(name)
        raise NoSuchJob(name)
    put_kill(store, name, told=audited(AuditEntry(asked.at, KILLED, asked.by, asked.peer, name)))
    log.info("job=%s kill asked for", name)


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
