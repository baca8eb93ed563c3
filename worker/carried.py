"""What a process says in its environment of the run that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from worker.process_stat import FENCE, RUN_ID, carried_by


@dataclass(frozen=True, slots=True)
class Carried:
    """A run's id and `fence`, "" if it says nothing.

    The id alone may be that of another fleet's run on this host; its fence then differs.
    """

    run_id: str
    fence: str = ""


def carried_of(pid: int) -> Carried | None:
    """What a process carries; None for nothing, or where there is none or we may not look.

    OSError where no descriptor is to be had for it.
    """
    run_id, fence = carried_by(pid, RUN_ID, FENCE)
    return Carried(run_id, fence) if run_id else None


def is_of(carried: Carried, run_id: str, fence: int | None) -> bool:
    """Whether that is said of this run; where either fence is not known, by the id alone."""
    alike = fence is None or carried.fence in ("", str(fence))
    return carried.run_id == run_id and alike
