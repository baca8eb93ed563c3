"""Runs that are out and have not started: called off where their job is another now, or gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from worker.planned import Planned
from worker.resting import DELETED, why_resting
from worker.run import Run

CallOff = Callable[[str, str], None]
"""Keeps a run (by its id, for a reason) from starting; one that was started goes on."""


def call_off_resting(
    runs: Iterable[Run], jobs: Iterable[Planned], now_ms: int, call_off: CallOff
) -> None:
    """What of paused ones among these jobs has not started yet does not start."""
    paused = {job.name: job.terms for job in jobs if job.terms.paused}
    for run in runs if paused else ():
        terms = paused.get(run.claim.name)
        why = why_resting(run.claim, terms, now_ms) if terms and not run.started else ""
        if why:
            call_off(run.claim.run_id, why)


def call_off_deleted(runs: Iterable[Run], name: str, call_off: CallOff) -> None:
    """What of a deleted job has not started yet does not start."""
    for run in runs:
        if not run.started and name == run.claim.name:
            call_off(run.claim.run_id, DELETED)
