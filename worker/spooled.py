"""The spool as its readers see it: which bytes of it are to be recorded, and what they say.

Only the executor that owns a part writes it; whoever reads it meanwhile goes by the turn in which
the part was written, for in another turn other ends lie in the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from common.record import KILLED
from worker.end_words import as_it_was
from worker.ends_file import (
    FILE_HEAD,
    ends_path,
    frames,
    is_damaged,
    opened,
    part_of,
    turn_of,
)
from worker.orders import MOST_OVER, Ended, Ends, Over
from worker.orders_wire import taken_apart

_IN_SHORT = Over._fields[:-1]
_OF_AN_END = frozenset(field.name for field in fields(Ended))


@dataclass(frozen=True, slots=True)
class Range:
    """Ends that lie one after the other in a part of an executor's spool, all to be recorded.

    `home` is the name of the executor's directory below that of all lives. They are those from
    byte `begin` to before `end`, as of the part's `turn`.
    """

    home: str
    number: int
    part: int
    turn: int
    begin: int
    end: int

    def path(self, executors: Path) -> Path:
        """The part's file, where `executors` is the directory of all lives."""
        return ends_path(executors / self.home, self.number, self.part)


class Spooled(NamedTuple):
    """One end in the spool, from byte `begin` of its part to before `end`.

    `told` are the fields of its `Ended` by their names, without those that have their default, its
    `context` and its `output`, which stand beside it.
    """

    begin: int
    end: int
    context: str
    told: dict[str, Any]
    output: bytes


def read_range(executors: Path, where: Range) -> Iterator[Spooled]:
    """The ends of a range, in order: a last one with an `end` below the range's says that more
    cannot be read, since the part is written in another turn now or is damaged.

    OSError where the file cannot be read (FileNotFoundError: all in it were acknowledged),
    ValueError for an end that is whole and yet nothing that we understand.
    """
    for frame in frames(where.path(executors), where.turn, where.begin, where.end):
        yield _spooled(frame.begin, frame.end, frame.said)


def read_one(executors: Path, where: Range, begin: int) -> Spooled | None:
    """The end at byte `begin` of the range's part; None where it lies there no more.

    OSError and ValueError as from `read_range`.
    """
    for frame in frames(where.path(executors), where.turn, begin):
        return _spooled(frame.begin, frame.end, frame.said)
    return None


def end_in(spooled: Spooled) -> Ended:
    """The end as its run's record tells it, whatever version its executor was of; it carries no
    context. TypeError where fields of it are missing.
    """
    told = {name: value for name, value in spooled.told.items() if name in _OF_AN_END}
    return as_it_was(Ended(**told, output=spooled.output))


def over_of(spooled: Spooled) -> Over:
    """The end in short, said as in `end_in`; ValueError where fields of it are missing."""
    if spooled.told.get("outcome") != KILLED:
        return Over._make([*map(spooled.told.get, _IN_SHORT), spooled.begin])
    try:
        return Over.of(end_in(spooled), spooled.begin)
    except TypeError as error:
        raise ValueError(f"an end at byte {spooled.begin} cannot be read: {error}") from error


def ends_of(
    path: Path,
    turn: int | None = None,
    end: int | None = None,
    wanted: Callable[[str], bool] = lambda _: True,
) -> Iterator[Ends]:
    """The ends in a part before byte `end`, of the runs that are `wanted`, as they are told.

    None of another `turn`. OSError and ValueError as from `read_range`, the latter when all the
    others were told.
    """
    turn, part = turn_of(path) if turn is None else turn, part_of(path)
    over: list[Over] = []
    upto, last = 0, FILE_HEAD.size
    problem: ValueError | None = None
    for frame in frames(path, turn, end=end):
        last = frame.end
        try:
            each = over_of(_spooled(frame.begin, frame.end, frame.said))
            follows = wanted(each.run_id)
        except ValueError as error:
            problem, follows = error, False
        if over and (not follows or len(over) == MOST_OVER):
            yield Ends(part, turn, over[0].offset, upto, tuple(over))
            over = []
        if follows:
            over.append(each)
            upto = frame.end
    if over:
        yield Ends(part, turn, over[0].offset, upto, tuple(over))
    if problem:
        raise problem
    if end is None and turn >= 0 and is_damaged(path, turn, last):
        raise ValueError(f"{path.name} is damaged at byte {last}, and ends lie behind that")


def _spooled(begin: int, end: int, said: bytes) -> Spooled:
    try:
        context, ended = opened(said)
        kind, told, output = taken_apart(ended)
        if kind != "Ended":
            raise ValueError(f"a {kind} is no end of a run")
        return Spooled(begin, end, context, told, output)
    except ValueError as error:
        raise ValueError(f"an end at byte {begin} cannot be read: {error}") from error
