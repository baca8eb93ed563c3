"""Spools of executors that tests write, and where in them the ends of runs lie."""

from collections.abc import Iterable, Sequence
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
        """The end of a run of each number, in one file; where they lie."""
        (range_,) = self.write_all(numbers, context, output)
        return range_

    def write_all(
        self, numbers: Iterable[int], context: str = "", output: bytes = b""
    ) -> list[Range]:
        """The end of a run of each number, in as many files as they need; where they lie."""
        kept = [_end(n, context, output) for n in numbers]
        ranges = []
        while kept:
            written = self._log.add(kept)
            kept = kept[len(written.offsets) :]
            begin = written.offsets[0]
            ranges.append(Range(HOME, 0, written.part, written.turn, begin, written.end))
        return ranges

    def acknowledge(self, numbers: Sequence[int]) -> None:
        """These are recorded."""
        self._log.acknowledge([run_id(n) for n in numbers])


def _end(n: int, context: str, output: bytes) -> KeptEnd:
    claim = Claim("a", 3, "true", T + n - 1, T + n, "me.1", 7, True, None)
    said = context or pack_baggage(Baggage(claim, Job("a", "true", ""), 5, 4, T + n))
    return KeptEnd.of(said, ended(claim.run_id, output=output))


def run_id(number: int) -> str:
    """The id of the run of that number."""
    return Claim("a", 3, "true", 0, T + number, "me.1", 7, True, None).run_id
