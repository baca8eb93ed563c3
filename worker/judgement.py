"""How a run is judged once its command has ended: the outcome, and why."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass

from common.job import Job
from common.record import OOM
from worker.orders import CUT_OFF

_OF_SHELLS: Mapping[int | None, str] = {
    126: "a command may not be executed",
    127: "there is no such command",
}
"""What the exit codes of POSIX shells mean, if the command itself did not end with them."""
_NOT_LOADED = 127
"""The loader of shared libraries ends with it too, of the shell itself or of what that runs."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of a run, `err` ("" or a sentence), and the `reason` for a kill or a failure."""

    outcome: str
    err: str = ""
    reason: str = ""


def judge(job: Job, cause: str, code: int | None, why: str | None, printed: str) -> Judgement:
    """The judgement of a command that was spawned.

    `cause` is "" where it ended by itself, else "timeout", "killed" or "oom", `why` the reason of
    a kill. `code` is its exit code, negative for a signal, None where nobody knows. `printed` is
    what its output says of a failure, "" for nothing.
    """
    if cause:
        reason = (why or "") if cause == "killed" else ""
        return Judgement(cause, _sentence_of_end(job, cause, code, reason), reason)
    if code in job.success_exit_codes:
        return Judgement("failed", printed, printed) if printed else Judgement("success")
    said = _sentence(code)
    said = f"{said}, which is not in successExitCodes" if code == 0 else said
    if job.argv is None and code in _OF_SHELLS:
        said = f"{said}, by which a shell says that {_OF_SHELLS[code]}"
        if code == _NOT_LOADED and (job.limit_open_files or job.limit_memory_bytes):
            said = f"{said}, or a program that its limits leave no room to be loaded"
    return Judgement("failed", said, printed)


def _sentence_of_end(job: Job, cause: str, code: int | None, reason: str) -> str:
    if cause == "timeout":
        return f"timed out after {job.timeout_seconds:g} s"
    if cause == OOM:
        limit = job.limit_memory_bytes
        return f"out of memory: its limit is {limit} bytes" if limit else "out of memory"
    if reason == CUT_OFF:
        return f"killed: {CUT_OFF}"
    return _sentence(code)


def _sentence(code: int | None) -> str:
    if code is None:
        return "its exit status was lost: something else reaped it"
    if code < 0:
        return f"signal: {_signal_name(-code)}"
    return f"exit status {code}"


def _signal_name(number: int) -> str:
    """As the shell would say it in lower case ("killed"), or the number."""
    return (signal.strsignal(number) or str(number)).lower()
