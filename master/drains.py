"""Telling workers to take no more runs, and to take them again."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from common import keys
from common.audit import DRAINED, UNDRAINED, AuditEntry
from common.constants import JOB_WORKER_DIR, WORKER_DRAIN_DIR
from common.drain import Drain, pack_drain, unpack_drain
from common.errors import InvalidField, StoreLost
from common.pausing import pause
from common.protocol import extract_worker_ip
from common.store import Delete, Entry, Operation, Put, Store, Transaction
from common.strict_json import parse_object
from master.audit_box import audited
from master.change_log import NOBODY, Asker
from master.names import in_a_row
from master.refusals import NoSuchWorker, OutcomeUnknown

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
MOST_NAMED = 20
TRIES = 3


def drain(store: Store, worker: str, asked: Drain, peer: str = "") -> None:
    """Tell a worker that is registered to take no more runs, until that is taken back.

    `peer` is the address from which that was asked. One that is drained for the same reason stays
    as it is, with who asked first.
    NoSuchWorker when none of ours has this name. OutcomeUnknown when it cannot be told whether
    the store has it; asking again is harmless.
    """
    entry = store.get(keys.worker(worker))
    if entry is None:
        raise NoSuchWorker(_nobody(store, worker))
    if not entry.value:
        raise NoSuchWorker(f"{worker} is a worker of the Go system, which cannot be drained")
    there = store.get(keys.drain(worker))
    if there is not None and unpack_drain(there.value).reason == asked.reason:
        return
    told = AuditEntry(asked.at, DRAINED, asked.by, peer, worker=worker, reason=asked.reason)
    _settle(store, Put(keys.drain(worker), pack_drain(asked)), told)
    log.info("worker=%s is %s", worker, asked)


def undrain(store: Store, worker: str, asked: Asker = NOBODY) -> Drain | None:
    """Let a worker take runs again, also one that is not there; the drain, or None: it had none.

    NoSuchWorker when nothing is known of the name. OutcomeUnknown as in `drain`.
    """
    entry = store.get(keys.drain(worker))
    if entry is None:
        if store.get(keys.worker(worker)) is None:
            raise NoSuchWorker(_nobody(store, worker))
        return None
    told = AuditEntry(asked.at, UNDRAINED, asked.by, asked.peer, worker=worker)
    _settle(store, Delete(keys.drain(worker)), told)
    log.info("worker=%s is no longer drained", worker)
    return unpack_drain(entry.value)


def drains(store: Store) -> Mapping[str, Drain]:
    """What every worker that is drained was told, registered or not."""
    entries = store.snapshot(WORKER_DRAIN_DIR).entries
    return {e.key.removeprefix(WORKER_DRAIN_DIR): unpack_drain(e.value) for e in entries}


def heard(store: Store, worker: str, draining: bool, seconds: float) -> bool:
    """Whether the worker says so, or is not there to say anything; after so long at the latest.

    A drained one says so once all has started that it claimed before, ahead of its instants.
    """
    waited = 0.0
    while not _says(store.get(keys.worker(worker)), draining):
        if waited >= seconds:
            return False
        pause(LOOK_SECONDS)
        waited += LOOK_SECONDS
    return True


def _says(entry: Entry | None, draining: bool) -> bool:
    try:
        said = parse_object(entry.value, "registration") if entry else {"draining": draining}
    except InvalidField:
        return False
    ahead = draining and said.get("ahead") is True
    return said.get("draining") is draining and not ahead


def _settle(store: Store, change: Operation, told: AuditEntry) -> None:
    """Make a change that is harmless to make again, and tell of it by the same key again."""
    then = (change, audited(told))
    for left in reversed(range(TRIES)):
        try:
            store.commit(Transaction((), then))
            return
        except StoreLost as error:
            log.warning("no answer to a change of %s (%s)", change.key, error)
            if not left:
                raise OutcomeUnknown(f"it is not known whether that was done ({error})") from error


def _nobody(store: Store, worker: str) -> str:
    """That there is no such worker, and which there are."""
    names = [extract_worker_ip(entry.key) for entry in store.snapshot(JOB_WORKER_DIR).entries]
    there = in_a_row(names, MOST_NAMED) or "none"
    return f"no worker named {worker[:140]!r} is registered; there are: {there}"
