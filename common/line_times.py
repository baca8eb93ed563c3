"""When the lines of an output were printed, as a record says it: `0*3,120*1,5*40`.

Each entry is `MS*LINES`: so many lines were begun so many ms after those of the entry before, the
first entry's after the run's start. The lines are those of the record's output as it is stored,
the one about what was left out among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_ENTRY = re.compile(r"(\d{1,15})\*(\d{1,9})", re.ASCII)


def encode(entries: Iterable[tuple[int, int]]) -> str:
    """The text of (ms since the run's start, lines begun then); entries of no lines are left out.

    A time before that of its predecessor is taken as the same.
    """
    said: list[list[int]] = []
    at = 0
    for ms, lines in entries:
        step = max(0, ms - at)
        if lines and said and not step:
            said[-1][1] += lines
        elif lines:
            said.append([step, lines])
            at += step
    return ",".join(f"{step}*{lines}" for step, lines in said)


def decode(text: str) -> Iterator[int]:
    """The time of each line in turn (ms since the run's start); ends at what is no entry."""
    at = 0
    for entry in text.split(","):
        said = _ENTRY.fullmatch(entry)
        if said is None:
            return
        at += int(said[1])
        for _ in range(int(said[2])):
            yield at
