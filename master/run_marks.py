"""What a run's key or record says of it, as an answer shows it."""

from __future__ import annotations

from typing import Any

from common import keys
from common.constants import JOB_RUN_DIR
from common.errors import InvalidField
from common.owed import ENDED, NOBODY, RUNNING, WAITING, Owed, unpack
from common.record import KILLED, LOST, JobLog, beside, explained
from common.store import Entry

ASKED = "asked"
"""The state of a run that was asked for and that no worker has taken up yet."""


def runs_of(name: str) -> str:
    """The prefix under which a job's runs lie; those of jobs called `{name}/...` lie there too."""
    return f"{JOB_RUN_DIR}{name}/"


def owed_of(name: str, entry: Entry) -> tuple[str, Owed] | None:
    """The run id and what is owed under a key; None for another job's, or what is malformed."""
    run_id = entry.key.removeprefix(runs_of(name))
    if keys.read_run_id(name, run_id) is None:
        return None
    try:
        return run_id, unpack(entry.value)
    except InvalidField:
        return None


def worker_of(incarnation: str) -> str:
    """The worker that an incarnation is a life of; "" for nobody."""
    return "" if incarnation == NOBODY else incarnation.rpartition(".")[0] or incarnation


def shown(run_id: str, owed: Owed) -> dict[str, Any]:
    """A run by its key."""
    return {
        "runId": run_id,
        "state": owed.state,
        "worker": worker_of(owed.incarnation),
        "outcome": owed.outcome,
        "text": _text(owed),
        "dead": is_dead(owed.state, owed.outcome),
    }


def shown_record(record: JobLog) -> dict[str, Any]:
    """A run by its record, the state ended."""
    return {
        "runId": record.run_id,
        "state": ENDED,
        "worker": record.worker,
        "outcome": record.outcome,
        "text": _ended(record.outcome, record.err, record.reason),
        "dead": is_dead(ENDED, record.outcome),
    }


def is_dead(state: str, outcome: str) -> bool:
    """Whether nothing of the run is alive for sure: what was lost with its worker may be."""
    return state == ENDED and outcome != LOST


def _text(owed: Owed) -> str:
    worker = worker_of(owed.incarnation)
    if owed.state == WAITING:
        return f"waits on {worker or 'nobody'}" + (f": {owed.reason}" if owed.reason else "")
    if owed.state == RUNNING:
        return f"runs on {worker}"
    return _ended(owed.outcome, owed.err, owed.reason)


def _ended(outcome: str, err: str, reason: str) -> str:
    """How it ended, and why; who reads of a kill is mostly who asked for it."""
    why = err or reason if outcome == KILLED else explained(err, reason)
    said = beside(outcome, why)
    return f"{outcome}: {said}" if said else outcome
