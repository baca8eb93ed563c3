"""What a run's record says beside how it was judged: what it left, and what did not limit it."""

from __future__ import annotations

from collections.abc import Sequence

from common.job import Job


def remarks(reason: str, job: Job, left: int, unkept: Sequence[str]) -> str:
    """The `reason` of a record: that of its judgement, and a remark for each thing beside it.

    `left` is how many processes outlived the command, `unkept` names the limits nothing kept.
    """
    if not left and not unkept:
        return reason
    said = [reason, _left(job, left)]
    if unkept:
        said.append(f"not limited here, without a cgroup: {', '.join(unkept)}")
    return "; ".join(filter(None, said))


def _left(job: Job, left: int) -> str:
    if not left:
        return ""
    some, were = ("1 process", "was") if left == 1 else (f"{left} processes", "were")
    return f"left {some}" if job.leftovers == "keep" else f"left {some}, which {were} ended"
