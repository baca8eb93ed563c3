"""How things are printed: tables that fit the terminal, instants in their zone, JSON."""

from __future__ import annotations

import json
import shutil
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import click

from common.instants import EPOCH, duration, instant
from common.logs import visible
from common.record import beside, explained, output_lost

__all__ = [
    "ENDED",
    "EPOCH",
    "ended",
    "instant",
    "lacks",
    "outcome",
    "print_json",
    "print_output",
    "print_table",
    "spent",
    "standing",
    "took",
    "why",
]

ENDED = "ended"
"""The state of a run that is over."""


def took(record: Mapping[str, Any]) -> str:
    """How long a run took, "-" for one that never started.

    That its command began is told by how it ended, where both times are of one millisecond.
    """
    ms = (record.get("endTime") or 0) - (record.get("startTime") or 0)
    if ms > 0:
        return duration(ms)
    began = any(record.get(ended) is not None for ended in ("exitCode", "signal"))
    return duration(0) if began else "-"


def spent(record: Mapping[str, Any]) -> str:
    """How long a run took, and the CPU time and memory of that, as far as they are known."""
    cpu, peak = record.get("cpuSeconds"), record.get("peakMemoryBytes")
    used = [] if cpu is None else [f"cpu {duration(round(1000 * cpu))}"]
    used += [] if peak is None else [f"peak {peak / (1 << 20):.1f} MiB"]
    return f"{took(record)} ({', '.join(used)})" if used else took(record)


def outcome(record: Mapping[str, Any] | None) -> str:
    """How a due instant ended; a record of another worker has only an error to go by.

    A run that ended otherwise than `lost` may be marked as lost beside that, which is said.
    """
    if not record:
        return "-"
    ended = str(record.get("outcome") or ("failed" if record.get("err") else "success"))
    return f"{ended} (worker was lost meanwhile)" if _is_marked_beside(record) else ended


def why(record: Mapping[str, Any]) -> str:
    """Why a due instant ended so, as far as its outcome does not say it; "" for nothing."""
    said = explained(str(record.get("err") or ""), str(record.get("reason") or ""))
    return beside(str(record.get("outcome") or ""), said)


def standing(state: Mapping[str, Any]) -> str:
    """How it stands with a run, as a master tells it (runId, state, worker, text); once it is over
    also where that was.
    """
    where = f" on {state['worker']}" if state["worker"] and state["state"] == ENDED else ""
    return f"{state['runId']}{where}: {state['text']}"


def ended(record: Mapping[str, Any]) -> str:
    """The same of a run by its record: how it ended, and why."""
    how, said = outcome(record), why(record)
    known = {"runId": record.get("runId") or "", "worker": record.get("worker") or ""}
    return standing({**known, "state": ENDED, "text": f"{how}: {said}" if said else how})


def lacks(record: Mapping[str, Any]) -> str:
    """What is to be said of a run whose output nobody has told; "" where it was told."""
    said = output_lost(str(record.get("reason") or ""))
    return f"({said})" if said else ""


def _is_marked_beside(record: Mapping[str, Any]) -> bool:
    """Whether the record has the mark of a lost worker, and not for its outcome."""
    return record.get("lost") is True and record.get("outcome") != "lost"


def print_json(value: object) -> None:
    """The value as JSON, indented."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows under their headers; on a terminal the last column is cut to fit."""
    cells = [list(headers), *([visible(str(cell)) for cell in row] for row in rows)]
    widths = [max(_width(line[at]) for line in cells) for at in range(len(headers))]
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for line in cells:
        padded = [cell + " " * (w - _width(cell)) for cell, w in zip(line, widths, strict=True)]
        text = "  ".join([*padded[:-1], line[-1]]).rstrip()
        click.echo(_cut(text, room) if room else text)


def print_output(text: str) -> None:
    """A run's output as it was; on a terminal what could control that is shown as escapes."""
    shown = visible(text, lines=True) if sys.stdout.isatty() else text
    # Not by click, which takes escape sequences out of what goes into a file.
    sys.stdout.write(shown if shown.endswith("\n") else shown + "\n")
    sys.stdout.flush()


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(bool(unicodedata.combining(c)) for c in text)


def _cut(text: str, room: int) -> str:
    if _width(text) <= room:
        return text
    while _width(text) > room - 1:
        text = text[: max(len(text) - max((_width(text) - room) // 2, 1), 0)]
    return text + "…"
