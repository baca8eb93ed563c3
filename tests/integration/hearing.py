"""An `on_failure_command` on its thread, and what it has written down."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common.loop import Loop
from common.record import JobLog
from tests.waiting import until
from worker.filing import Filing
from worker.telling import Telling
from worker.telling_notes import TellingNotes


def record(number: int, outcome: str = "failed", output: str = "") -> JobLog:
    """The record of a run that ended so."""
    return JobLog("a", "false", "", output, 1, 1, 1, 1, run_id=f"a@{number}", outcome=outcome)


def filed(*records: JobLog) -> Filing:
    """Records as the batcher is given them."""
    return Filing(records, "/cron/runs/a/a@1")


@contextmanager
def telling(
    command: str, seconds: float = 60.0, parallel: int = 1, notes: Path | None = None
) -> Iterator[Telling]:
    """A telling on its thread, with a text for the shell; stopped afterwards."""
    deaths: list[BaseException] = []
    noted = TellingNotes(notes) if notes else None
    body = Telling(("/bin/sh", "-c", command), seconds, parallel, notes=noted)
    loop = Loop(body, lambda name, error: deaths.append(error))
    loop.start()
    try:
        yield body
    finally:
        loop.ask()
        assert loop.join(60)
        assert not deaths


def told(file: Path, count: int = 1) -> list[dict[str, object]]:
    """So many records as the command wrote them down."""
    lines = until(lambda: _lines(file) if len(_lines(file)) >= count else None, why="it is told")
    return [json.loads(line) for line in lines]


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []
