"""How long a run took, and the class of that, by which records can be found from an index."""

from __future__ import annotations

from common.record import JobLog

BOUNDS_MS = (
    1_000,
    5_000,
    15_000,
    60_000,
    300_000,
    900_000,
    3_600_000,
    21_600_000,
    86_400_000,
)
"""Where a class ends and the next begins: 1 s to 24 h. They lie in stores: never to be changed."""
NEVER_BEGAN = -1
"""The class of records whose command never began."""


def took_ms(record: JobLog) -> int | None:
    """How long the command ran, at least 0; None where it never began.

    That it began is told by how it ended, where both times are of one millisecond.
    """
    ended = record.exit_code is not None or record.signal is not None
    ms = record.end_time - record.start_time
    return max(ms, 0) if ended or ms > 0 else None


def took_class(ms: int | None) -> int:
    """The class of a duration: how many of the bounds it reaches."""
    return NEVER_BEGAN if ms is None else sum(ms >= bound for bound in BOUNDS_MS)


def classes(least_ms: int | None, most_ms: int | None) -> tuple[int, ...]:
    """The classes in which durations from the one to the other lie, both included."""
    first = took_class(max(least_ms or 0, 0))
    last = len(BOUNDS_MS) if most_ms is None else took_class(most_ms)
    return tuple(range(first, last + 1))


def is_within(known: int, least_ms: int | None, most_ms: int | None) -> bool:
    """Whether every duration of this class lies from the one to the other, both included."""
    if known == NEVER_BEGAN:
        return False
    starts = (0, *BOUNDS_MS)
    reaches = least_ms is None or starts[known] >= least_ms
    ends = most_ms is None or (known < len(BOUNDS_MS) and BOUNDS_MS[known] - 1 <= most_ms)
    return reaches and ends
