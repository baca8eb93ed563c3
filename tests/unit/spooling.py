"""Spools of executors that tests write, and where in them the ends of runs lie."""

from collections.abc import Sequence
from pathlib import Path

from common.job import Job
from tests.unit.running import T, ended
from worker.baggage import Baggage, pack_baggage
from worker.claim import Claim
from worker.ends_log import EndsLog
from worker.kept_end import KeptEnd
from worker.spooled import Range

HOME = "life"


class Pen:
    """Writes the ends of runs of the job `a` as executor 0 of one life does."""

    def __init__(self, executors: Path) -> None:
        self._home = executors / HOME
        self._home.mkdir(parents=True, exist_ok=True)
        self._log = EndsLog(self._home, 0)

    def write(self, *numbers: int, context: str = "", output: bytes = b"") -> Range:
        """The end of a run of each number; where they lie."""
        kept = []
        for n in numbers:
            claim = Claim("a", 3, "true", T + n - 1, T + n, "me.1", 7, True, None)
            said = context or pack_baggage(Baggage(claim, Job("a", "true", ""), 5, 4, T + n))
            kept.append(KeptEnd.of(said, ended(claim.run_id, output=output)).kept)
        written = self._log.add(map(run_id, numbers), kept)
        return Range(HOME, 0, written.part, written.turn, written.offsets[0], written.end)

    def acknowledge(self, numbers: Sequence[int]) -> None:
        """These are recorded."""
        self._log.acknowledge([run_id(n) for n in numbers])


def run_id(number: int) -> str:
    """The id of the run of that number."""
    return Claim("a", 3, "true", 0, T + number, "me.1", 7, True, None).run_id
