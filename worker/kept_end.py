"""A run's end as its executor keeps it, until it is acknowledged."""

from __future__ import annotations

from dataclasses import dataclass, replace

from worker.end_words import with_less_output
from worker.ends_file import end_of, kept, opened, output_size
from worker.executor_channel import packed
from worker.orders import Ended, Over
from worker.orders_wire import encode


@dataclass(frozen=True, slots=True)
class KeptEnd:
    """The end in short, without its place, and what is `kept` of it.

    `cut` says that this is not all of the output that there was to keep.
    """

    short: Over
    kept: bytes
    cut: bool = False

    @classmethod
    def of(cls, context: str, ended: Ended) -> KeptEnd:
        """The end of a run that was ordered with this `context`."""
        return cls(Over.of(ended, 0), kept(context, encode(ended)))

    def less(self, most: int, why: str) -> KeptEnd:
        """The end with no more than the last `most` bytes of its output; `why` goes to its record.

        The same where it has no more anyway.
        """
        if output_size(self.kept) <= most:
            return self
        whole = end_of(self.kept)
        less = replace(with_less_output(whole, most, why), context="")
        return replace(KeptEnd.of(whole.context, less), cut=True)

    @property
    def run_id(self) -> str:
        """The run that is over."""
        return self.short.run_id

    @property
    def told(self) -> bytes:
        """The frame in which the end is told whole."""
        return packed(opened(self.kept)[1])

    def over(self, offset: int) -> Over:
        """The end in short, as it lies at `offset`."""
        return Over._make((*self.short[:-1], offset))
