"""What test jobs say of themselves: lines appended to a file that no daemon reads or writes.

A line is one write with O_APPEND. Boot time is the machine's, in seconds, to a hundredth; no
test shifts it. Whether a run was alone is known from a file lock, which the kernel holds as
long as any process of the run lives.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.faults.run_names import unit_of

_SCRIPT = """\
# Sourced by test jobs, which call began first and ended last.
began() {
    exec 9>>FOLDER/held-"${FLEETCRON_RUN_ID%@*}"
    beside=beside
    ! flock -n 9 || beside=alone
    note began "$1"
    echo "$FLEETCRON_RUN_ID"
}
ended() {
    note ended "$1"
}
note() {
    read -r boot _ </proc/uptime
    run="$FLEETCRON_RUN_ID $FLEETCRON_JOB $FLEETCRON_PLAN_TIME $FLEETCRON_FENCE $$ $PPID"
    echo "$1 $run $boot $beside ${2:--}" >>FOLDER/witness
}
"""

_LINE = re.compile(
    r"(began|ended) (\S+) (\S+) (\d+) (\d+) (\d+) (\d+) ([0-9.]+) (alone|beside) (\S+)"
)


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a command, as it told itself: `plan` epoch ms, `began` and `ended` boot time.

    `ended` None: it never said so. `alone`: no process of another run of its unit lived then.
    `parent` is the process that spawned it.
    """

    run_id: str
    job: str
    plan: int
    fence: int
    pid: int
    began: float
    alone: bool = True
    note: str = "-"
    ended: float | None = None
    parent: int = 0

    @property
    def unit(self) -> str:
        """The job, or the share of it, whose run it is."""
        return unit_of(self.run_id, self.job)


class Witness:
    """A folder in which jobs of one bench leave their lines."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file = folder / "witness"
        self._script = folder / "script"
        self._script.write_text(_SCRIPT.replace("FOLDER", shlex.quote(str(folder))))

    def command(self, work: str = "", note: str = "", then: str = "") -> str:
        """A job's command that bears witness before and after `work`; `note` is one word.

        `then` is what it does last, which says whether it failed.
        """
        steps = [
            f". {shlex.quote(str(self._script))}",
            f"began {note}",
            work,
            f"ended {note}",
            then,
        ]
        return "; ".join(step.rstrip() for step in steps if step)

    def starts(self, job: str = "") -> list[Start]:
        """Every start so far, or those of one job, in the order in which they were noted."""
        text = self.file.read_text() if self.file.exists() else ""
        return [start for start in read(text.splitlines()) if job in ("", start.job)]


def read(lines: Iterable[str]) -> list[Start]:
    """The starts that the lines tell of; ValueError names a line that is none of ours."""
    starts: dict[tuple[str, int, float], Start] = {}
    open_: dict[tuple[str, int], tuple[str, int, float]] = {}
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"not a witness's line: {line!r}")
        kind, run_id, job, plan, fence, pid, parent, boot, beside, note = found.groups()
        who = (run_id, int(pid))
        if kind == "began":
            key = (*who, float(boot))
            open_[who] = key
            starts[key] = Start(
                run_id=run_id,
                job=job,
                plan=int(plan),
                fence=int(fence),
                pid=int(pid),
                began=float(boot),
                alone=beside == "alone",
                note=note,
                parent=int(parent),
            )
        elif who in open_:
            key = open_[who]
            starts[key] = replace(starts[key], ended=float(boot))
        else:
            raise ValueError(f"an end without its beginning: {line!r}")
    return list(starts.values())
