"""What a run's record says of an end, where its executor's thread could not know it all."""

from __future__ import annotations

from dataclasses import replace

from common.record import KILLED, LOST, NOT_STARTED, cause_of
from worker.orders import MAIN_GONE, Ended


def killed_before_start(ended: Ended) -> Ended:
    """A kill that came before the spawn: the run never started, which its outcome says."""
    if ended.outcome != KILLED:
        return ended
    return replace(ended, outcome=NOT_STARTED, err=f"not started: {ended.reason}")


def as_it_was(ended: Ended) -> Ended:
    """An end that is told to a later life, which never heard whether the command was started."""
    return as_heard(ended, started=False)


def as_heard(ended: Ended, started: bool) -> Ended:
    """What a run's record says of an end that its executor told.

    Where nobody has told that it `started`, as of one that was over a moment later, the end itself
    says so. One that was ended because its worker died is lost: nobody wanted it to end.
    """
    said = ended.exit_code, ended.signal, ended.cpu_seconds
    if not started and all(each is None for each in said):
        return killed_before_start(ended)
    if ended.outcome == KILLED and cause_of(ended.reason) == MAIN_GONE:
        return replace(ended, outcome=LOST, err=f"lost: {MAIN_GONE}, so it was ended")
    return ended
