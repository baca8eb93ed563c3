"""A run's end as its executor keeps it, until it is acknowledged."""

from __future__ import annotations

from dataclasses import dataclass

from worker.ends_file import kept, taken_apart
from worker.executor_channel import packed
from worker.orders import Ended, Over
from worker.orders_wire import encode


@dataclass(frozen=True, slots=True)
class KeptEnd:
    """The end in short, without its place, and what is `kept` of it."""

    short: Over
    kept: bytes

    @classmethod
    def of(cls, context: str, ended: Ended) -> KeptEnd:
        """The end of a run that was ordered with this `context`."""
        short = Over(
            ended.run_id,
            ended.outcome,
            ended.exit_code,
            ended.signal,
            ended.start_ms,
            ended.end_ms,
            ended.err,
            ended.reason,
            0,
        )
        return cls(short, kept(context, encode(ended)))

    @property
    def run_id(self) -> str:
        """The run that is over."""
        return self.short.run_id

    @property
    def told(self) -> bytes:
        """The frame in which the end is told whole."""
        return packed(taken_apart(self.kept)[1])

    def over(self, offset: int) -> Over:
        """The end in short, as it lies at `offset`."""
        return Over._make((*self.short[:-1], offset))
