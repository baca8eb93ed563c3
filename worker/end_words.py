"""What a run's record says of an end, where its executor's thread could not know it all."""

from __future__ import annotations

from dataclasses import replace

from common.record import KILLED, LOST, NOT_STARTED, OUTPUT_LOST, REMARK, beside, cause_of
from worker.orders import MAIN_GONE, Ended, Over

ONLY_ITS_END = "only the end of its output was kept: the spool was nearly full"
NOT_KEPT = "its output was not kept: the spool was full"
LOST_WITH_EXECUTOR = f"{OUTPUT_LOST}its executor"
WAITED = "its output was not kept: it waited for too long to be recorded"


def bare_end(run_id: str, outcome: str, now_ms: int, err: str, reason: str) -> Ended:
    """The end, at `now_ms` (epoch ms), of a run of whose command, if any, nothing is known."""
    return Ended(run_id, outcome, None, None, now_ms, now_ms, b"", 0, False, err, reason, None)


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


def in_a_line(ended: Ended | Over) -> str:
    """How a run ended, for the log: its outcome, and what its `err` says beside that."""
    why = beside(ended.outcome, ended.err)
    return f"{ended.outcome}: {why}" if why else ended.outcome


def with_less_output(ended: Ended, most: int, why: str) -> Ended:
    """The end with no more than the last `most` bytes of its output, and what its record says then.

    The same where it has no more anyway.
    """
    if len(ended.output) <= most:
        return ended
    return replace(
        ended,
        output=ended.output[-most:] if most else b"",
        truncated=True,
        line_times="",
        reason=REMARK.join(filter(None, (ended.reason, why))),
    )
