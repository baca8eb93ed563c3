"""What a run prints, as a master tells it: followed over breaks, from byte to byte."""

from __future__ import annotations

import http.client
import re
import shlex
import sys
import time
from collections.abc import Mapping
from typing import Any

import click

from cli.client import Master, NoAnswer
from cli.events import events
from cli.show import standing
from cli.timed_output import clock_time
from common.logs import visible
from common.owed import RUNNING
from common.pausing import pause

SILENT_SECONDS = 40.0
"""A master pings in less; a connection on which nothing comes for so long is none."""
AGAIN_SECONDS, PATIENCE_SECONDS = 1.0, 60.0
"""So long after a break it is asked again, and for so long."""
QUIET_SECONDS, FIRST_SECONDS = 1.0, 7.0
"""Where a run is not followed, what it printed so far is all there once so long nothing comes."""

State = dict[str, Any]
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class LiveOutput:
    """Writes what one run prints to standard output, from byte `at` on."""

    def __init__(self, server: Master, name: str, run_id: str, at: int, times: bool) -> None:
        self._server, self._name, self._run_id = server, name, run_id
        self._at, self._times = at, times
        self._begun = True
        self._state: State = {}
        self._told = ""
        self._gaps: list[tuple[int, int]] = []

    def follow(self) -> State:
        """Until the run is over: how it ended. NoAnswer when no master answers for a minute."""
        lost_at = 0.0
        while True:
            before = self._at
            try:
                if self._read(SILENT_SECONDS):
                    return self._state
            except NoAnswer:
                now = time.monotonic()
                lost_at = lost_at or now
                if now - lost_at > PATIENCE_SECONDS:
                    raise
            if self._at != before:
                lost_at = 0.0
            pause(AGAIN_SECONDS)

    def so_far(self) -> State:
        """What it has printed by now: how it stands with it."""
        self._read(FIRST_SECONDS, until=time.monotonic() + FIRST_SECONDS)
        return self._state

    def tell(self, state: State) -> None:
        """Say how it stands with the run, unless that was said last.

        A record that was made from the run's key does not say where that was, as the key does.
        """
        if (said := str(state["text"])) != self._told:
            self._told = said
            click.echo(visible(standing(state)), err=True)

    def tell_gaps(self, record: Mapping[str, Any]) -> None:
        """Say where that is to be seen which did not come while it ran, once there is a record.

        What the record itself was told to lack, at the time of its end, nobody has.
        """
        over = record.get("endTime")
        if missed := sum(skipped for skipped, at in self._gaps if at != over):
            shown = shlex.join(("fleetcron", "logs", self._name, "--run", self._run_id))
            said = f"({missed} bytes were not shown; what was kept of them: {shown})"
            click.echo(visible(said), err=True)

    def _read(self, patience: float, until: float | None = None) -> bool:
        """Read one stream until it ends, breaks, or is silent; whether the run is over.

        With `until` (monotonic) that is the end of it, or a moment's silence once something came.
        """
        query = {"id": self._run_id, "name": self._name, "from": self._at}
        with self._server.opened("/api/v1/output", **query) as opened:
            opened.wait_at_most(patience)
            try:
                for kind, data in events(opened.answer):
                    if self._take(kind, data):
                        return True
                    if until is not None and kind == "output":
                        opened.wait_at_most(QUIET_SECONDS)
                    if until is not None and time.monotonic() >= until:
                        break
            except (OSError, ValueError, http.client.HTTPException):
                return False  # What is missing is asked for again.
        return False

    def _take(self, kind: str, data: dict[str, Any]) -> bool:
        if kind == "output":
            self._write(data)
        elif kind in ("state", "end"):
            self._state = data
            if kind == "state" and (data["state"] != RUNNING or ";" in str(data["text"])):
                self.tell(data)
        return kind == "end"

    def _write(self, data: dict[str, Any]) -> None:
        self._at = int(data["to"])
        text = str(data["text"])
        if data["skipped"]:
            self._gaps.append((int(data["skipped"]), int(data["at"])))
            before = "" if self._begun else "\n"
            text = f"{before}... {data['skipped']} bytes not shown here ...\n{text}"
        if self._times:
            text = self._timed(text, int(data["at"]))
        if text:
            self._begun = text.endswith("\n")
        sys.stdout.write(visible(text, lines=True) if sys.stdout.isatty() else text)
        sys.stdout.flush()

    def _timed(self, text: str, at_ms: int) -> str:
        """Each line that begins here behind the time at which it was told."""
        begun, shown = self._begun, ""
        for line in _LINE.findall(text):
            shown += f"{clock_time(at_ms)}  {line}" if begun else line
            begun = line.endswith("\n")
        return shown
