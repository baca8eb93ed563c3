"""`fleetcron worker list`: the workers that are registered now."""

from __future__ import annotations

import json
from typing import Any

import click

from cli.client import Master, output_option, server_option
from cli.show import instant, print_json, print_table
from common.drain import Drain

LOST_OF_SPOOL = {
    "cut": "outputs cut",
    "refused": "refused by the log store",
    "stuck": "of these not put aside",
    "unreadable": "parts unreadable",
    "leftToKeys": "made of their keys",
    "keysGone": "in its spool alone",
}
GO = "a Go worker: runs every job, beside it once is best effort"


@click.command("list")
@server_option
@output_option
def list_workers(server: Master, as_json: bool) -> None:
    """List the workers that are registered now.

    CLOCK is by how much a worker's clock is ahead of the master's; OFF points out more than 1 s.
    SPOOL says how many records wait for the log store since when, what of them was lost, and how
    many had to be in its spool alone, so that they would be lost with its disk.
    Beside workers of the Go system that a due instant runs once is best effort.
    """
    found = server.get("/api/v1/workers")
    if as_json:
        print_json(found)
        return
    rows = [[entry["id"], _clock(entry), _spool(entry), _said(entry)] for entry in found]
    print_table(["WORKER", "CLOCK", "SPOOL", "REGISTRATION"], rows)


def _clock(entry: dict[str, Any]) -> str:
    """By how much its clock is ahead; "-" while the master has not heard it."""
    ahead_ms = entry.get("clockAheadMs")
    if not isinstance(ahead_ms, int):
        return "-"
    seconds = round(ahead_ms / 1000, 1) + 0.0  # a zero has no sign then
    return f"{seconds:+.1f} s{' OFF' if entry.get('clockOff') else ''}"


def _spool(entry: dict[str, Any]) -> str:
    """What it has still to bring to the log store; "-" where that is nothing to speak of.

    Numbers are told rounded down.
    """
    registration = entry.get("registration")
    told = registration.get("spool") if isinstance(registration, dict) else None
    if not isinstance(told, dict):
        return "-"
    since = told.get("since")
    when = f" since {instant(since)}" if isinstance(since, int) else ""
    said = [f"{told['waiting']}+ wait{when}"] if told.get("waiting") else []
    said += [f"{told[name]}+ {words}" for name, words in LOST_OF_SPOOL.items() if told.get(name)]
    return ", ".join(said) or "-"


def _said(entry: dict[str, Any]) -> str:
    """What a worker says of itself; those of the Go system say nothing."""
    if entry.get("kind") == "go":
        return GO
    registration = entry.get("registration")
    said = dict(registration) if isinstance(registration, dict) else {}
    said.pop("spool", None)
    if drained := entry.get("drained"):
        # Its own word for it is the same, a moment later.
        said.pop("drained", None)
        told = Drain(by=drained["by"], reason=drained["reason"])
        return f"{told}; {_told(said)}"
    return _told(said)


def _told(said: dict[str, Any]) -> str:
    return " ".join(f"{key}={_shown(key, value)}" for key, value in said.items()) or "-"


def _shown(key: str, value: Any) -> str:
    """Labels as the terms of a `where` name them; all else as JSON."""
    if key != "labels" or not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return ",".join(f"{label}={text}" for label, text in value.items() if text) or "none"
