"""Taking back what was asked to run now, before a worker has taken it up."""

from __future__ import annotations

from common import keys
from common.constants import JOB_TRIGGER_DIR
from common.errors import InvalidField, StoreLost
from common.owed import ENDED, NOBODY, Owed, pack
from common.record import NOT_STARTED
from common.store import Delete, Entry, Put, RevisionIs, Store, Transaction
from common.trigger import Trigger, split_trigger, unpack
from master.refusals import OutcomeUnknown

WITHDRAWN = "before a worker had taken it up"


def asked_for(store: Store, name: str) -> dict[str, tuple[Entry, Trigger]]:
    """The triggers of a job that are there, by the run ids that they would become."""
    found = {}
    for entry in store.snapshot(f"{JOB_TRIGGER_DIR}{name}/").entries:
        try:
            of, identity = split_trigger(entry.key)
            trigger = unpack(entry.value)
        except InvalidField:
            continue
        if of == name:
            found[trigger.run_id(name, identity)] = (entry, trigger)
    return found


def withdraw(
    store: Store, name: str, run_id: str, entry: Entry, trigger: Trigger, by: str = ""
) -> Owed | None:
    """Take a trigger back and leave its end to be recorded, by a worker; that end.

    None where a worker was faster, or another withdrew it. OutcomeUnknown.
    """
    why = f"killed on request{f' of {by}' if by else ''}, {WITHDRAWN}"
    owed = Owed(
        state=ENDED,
        incarnation=NOBODY,
        plan_time=trigger.at,
        attempt=0,
        job_revision=0,
        outcome=NOT_STARTED,
        reason=why,
        err=f"not started: {why}",
        trigger="manual",
        by=trigger.by,
    )
    then = (Delete(entry.key), Put(keys.run(name, run_id), pack(owed)))
    compares = (RevisionIs(entry.key, entry.revision),)
    try:
        return owed if store.commit(Transaction(compares, then)).won else None
    except StoreLost as error:
        text = f"it is not known whether {run_id} was taken back, and no kill was put ({error})"
        raise OutcomeUnknown(text) from error
