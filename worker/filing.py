"""What is to be recorded: records, and the run key that stands for them until they are stored."""

from __future__ import annotations

from dataclasses import dataclass, replace

from common.record import JobLog

RECORD_BYTES = 1000
"""What a record takes beside its output, roughly."""


@dataclass(frozen=True, slots=True)
class Filing:
    """Records to be stored, after which the run key that stands for them may go.

    `told` is the id of a run whose end an executor told, which is all in these; else "".
    """

    records: tuple[JobLog, ...]
    run_key: str
    told: str = ""

    @property
    def weight(self) -> int:
        """How many bytes it takes, roughly."""
        return weight_of(self.records)

    def without_output(self) -> Filing:
        """The same, and its records say that their output was not kept."""
        return replace(self, records=tuple(map(without_output, self.records)))


def weight_of(records: tuple[JobLog, ...]) -> int:
    """How many bytes records take, roughly."""
    return sum(RECORD_BYTES + len(record.output) for record in records)


def without_output(record: JobLog) -> JobLog:
    """The record, which says that its output was not kept; as it is where there was none."""
    if not record.output:
        return record
    return replace(record, output="", line_times="", truncated=True)
