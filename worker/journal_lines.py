"""What the journal of runs says: its lines, and what they come to when they are read again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from common.errors import InvalidField
from common.strict_json import parse_object

VERSION = 1
MOST_SECONDS = 1e6
_ENCODER = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Noted:
    """A run that was given to an executor. `pid` 0: that its command started was not heard.

    `grace` is what it gets between TERM and KILL, seconds; with `keep` its executor goes on with it
    though its worker is gone. `ticks` is when its first process started (field 22 of proc(5)'s
    stat; 0: not known) and `start_ms` is the same as epoch ms.
    """

    run_id: str
    job: str
    incarnation: str
    fence: int
    grace: float
    keep: bool = False
    pid: int = 0
    ticks: int = 0
    start_ms: int = 0


@dataclass(slots=True)
class Past:
    """What is read from a journal: whose it is, and the runs in it that are not over.

    `malformed` counts the lines that nobody of ours wrote whole; a last line without its end is
    none of them, since a worker may die while it writes.
    """

    worker: str = ""
    boot: str = ""
    place: str = ""
    runs: dict[str, Noted] = field(default_factory=dict)
    malformed: int = 0


def head(worker: str, boot: str, place: str) -> bytes:
    """The first line: whose journal this is, of which boot of the machine, and where it lies."""
    return _line({"journal": VERSION, "worker": worker, "boot": boot, "place": place})


def given(noted: Noted) -> bytes:
    """A run is about to be given to an executor."""
    return _line({
        "given": noted.run_id, "job": noted.job, "incarnation": noted.incarnation,
        "fence": noted.fence, "grace": noted.grace, **({"keep": True} if noted.keep else {}),
    })  # fmt: skip


def started(noted: Noted) -> bytes:
    """Its command was started."""
    return _line({
        "started": noted.run_id, "pid": noted.pid, "ticks": noted.ticks, "at": noted.start_ms
    })  # fmt: skip


def over(run_ids: Iterable[str]) -> bytes:
    """These runs are over, and the store says how."""
    return _line({"over": list(run_ids)})


def whole(worker: str, boot: str, place: str, runs: Iterable[Noted]) -> bytes:
    """A journal of these runs, as short as it can be."""
    lines = [head(worker, boot, place)]
    for noted in runs:
        lines += [given(noted), started(noted)] if noted.pid else [given(noted)]
    return b"".join(lines)


def read(content: bytes) -> Past:
    """What the lines say; of a journal without its first line, nothing."""
    past = Past()
    *lines, _torn = content.split(b"\n")
    for line in filter(None, lines):
        try:
            _take(past, parse_object(line, "line"))
        except (InvalidField, KeyError, TypeError, ValueError):
            past.malformed += 1
    return past


def _take(past: Past, said: Mapping[str, Any]) -> None:
    if said.get("journal") == VERSION:
        past.worker, past.boot, past.place = (str(said[n]) for n in ("worker", "boot", "place"))
    elif not past.boot:
        raise ValueError("nobody knows whose line this is")
    elif "given" in said:
        run_id, job, incarnation = (str(said[name]) for name in ("given", "job", "incarnation"))
        fence, grace = _number(said["fence"]), _seconds(said["grace"])
        noted = Noted(run_id, job, incarnation, fence, grace, said.get("keep") is True)
        past.runs[noted.run_id] = noted
    elif "started" in said:
        run = past.runs[str(said["started"])]
        pid, ticks, at = (_number(said[name]) for name in ("pid", "ticks", "at"))
        past.runs[run.run_id] = replace(run, pid=pid, ticks=ticks, start_ms=at)
    else:
        for run_id in said["over"]:
            past.runs.pop(str(run_id), None)


def _number(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise ValueError("no number of ours")
    return value


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or not 0 <= value <= MOST_SECONDS:
        raise ValueError("no time of ours")
    return float(value)


def _line(said: Mapping[str, object]) -> bytes:
    return _ENCODER.encode(said).encode() + b"\n"
