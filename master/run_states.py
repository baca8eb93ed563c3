"""How it stands with one run: asked for, waiting, running, or over with its record."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from common import keys
from common.clock import Clock
from common.errors import InvalidField
from common.log_store import LogStore
from common.owed import ENDED
from common.store import Read, Store, Transaction
from common.trigger import Trigger, unpack
from master.records import record_document
from master.refusals import NoSuchRun
from master.run_marks import ASKED, owed_of, shown, shown_record

log = logging.getLogger(__name__)

RECORD_SECONDS = 0.25
"""So often a run that is over is looked for in the log store, until its record is there."""


class RunStates:
    """Reads the states of runs, and waits for their ends. Safe to be used by many threads."""

    def __init__(self, store: Store, logs: LogStore, clock: Clock) -> None:
        self._store = store
        self._logs = logs
        self._clock = clock

    def read(self, name: str, run_id: str) -> dict[str, Any]:
        """The state of a run of the job: `record` is None until there is one. NoSuchRun."""
        said = keys.read_run_id(name, run_id)
        if said is None:
            raise NoSuchRun(f"{run_id[:140]!r} is no run of the job {name[:140]!r}")
        trigger, run = keys.trigger(name, said.manual or "-"), keys.run(name, run_id)
        # At once: a claim puts the one as it takes the other away, and the record comes before
        # the key goes.
        reads = self._store.commit(Transaction((), (Read(trigger), Read(run)))).reads
        entry = reads[run]
        owed = owed_of(name, entry) if entry else None
        if owed and owed[1].state != ENDED:
            return shown(*owed) | {"record": None}
        record = self._logs.one(run_id)
        if record and record.job_name == name:
            return shown_record(record) | {"record": record_document(record)}
        asked = reads[trigger]
        if not owed and asked and said.manual:
            return _shown_asked(run_id, asked.value)
        if not owed:
            raise NoSuchRun(f"no run {run_id[:140]!r} of the job {name[:140]!r} is known")
        return shown(*owed) | {"record": None}

    def wait(self, name: str, run_id: str, seconds: float) -> dict[str, Any]:
        """The same, once the run is over and its record is there, or after so many seconds."""
        until = self._clock.boot() + seconds
        state = self.read(name, run_id)
        if state["record"] or seconds <= 0:
            return state
        watch = self._store.watch((keys.run(name, run_id),))
        try:
            while state["record"] is None and (left := until - self._clock.boot()) > 0:
                patience = RECORD_SECONDS if state["state"] == ENDED else left
                watch.next(max(0.001, min(left, patience)))
                state = self.read(name, run_id)
        finally:
            watch.cancel()
        return state


def _shown_asked(run_id: str, value: bytes) -> dict[str, Any]:
    try:
        trigger = unpack(value)
    except InvalidField:
        trigger = Trigger(0, 0)
    where = trigger.worker or trigger.host
    who = f"{where} has not" if where else "no worker has"
    text = f"asked for, {who} taken it up yet"
    state: Mapping[str, Any] = {"runId": run_id, "state": ASKED, "worker": "", "outcome": ""}
    return {**state, "text": text, "dead": False, "record": None}
