"""`fleetcron logs`: what a run printed, or prints now."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from cli.client import Master, Refused, server_option
from cli.examples import examples
from cli.live_output import LiveOutput
from cli.show import ENDED, ended, lacks, outcome, print_output
from cli.timed_output import timed_output
from common.keys import read_run_id
from common.logs import visible
from common.owed import RUNNING
from common.pausing import pause

SUCCESS = "success"
PACE_SECONDS = 1.0
"""So often it is looked whether a run has begun."""


@click.command(
    epilog=examples(
        "logs nightly",
        "logs nightly --follow",
        "logs nightly --run nightly@1795000000000 --times",
    )
)
@click.argument("name")
@click.option("--run", "run_id", metavar="ID", help="This run.")
@click.option("-f", "--follow", is_flag=True, help="Go on until it is over, or wait for the next.")
@click.option(
    "--from", "at", metavar="BYTE", type=click.IntRange(0), default=0, help="Begin there."
)
@click.option("--times", is_flag=True, help="With the time of each line.")
@server_option
def logs(name: str, run_id: str | None, follow: bool, at: int, times: bool, server: Master) -> None:
    """Show what the run of a job printed that runs now, else what the newest did. A run that is
    followed is shown to its end; the exit code is then 0 when it ended well."""
    found = _running(server, name) if run_id is None else run_id
    if not found and follow:
        click.echo(visible(f"{name} does not run; its next run is waited for"), err=True)
        found = _next(server, name)
    owed = {} if found else _owed(server, name)
    if not (found or owed or at):
        _print(_newest(server, name), times, tells_end=True)
        return
    found = found or _id(owed or _newest(server, name))
    live = LiveOutput(server, name, found, at, times)
    if owed:
        live.tell(owed)
    state = server.get("/api/v1/run", id=found, name=name)
    if state["record"] and not at:
        _print(state["record"], times, tells_end=not (follow or owed))
    else:
        state = live.follow() if follow else live.so_far()
        _tell_missing(live, state)
    if follow:
        live.tell(state)
        sys.exit(state["outcome"] != SUCCESS)


def _running(server: Master, name: str) -> str:
    """The run of the job that runs now, the newest if there are several; "" for none."""
    return max((_id(each) for each in _runs(server, name) if each["state"] == RUNNING), default="")


def _runs(server: Master, name: str, **more: int) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = server.get("/api/v1/runs", name=name, **more)
    except Refused:
        return []  # The job is gone; its records may be there.
    return found


def _owed(server: Master, name: str) -> dict[str, Any]:
    """How it stands with the newest run that is over and whose record is still to come.

    Nothing where there is none, or a record of a later run; where the log store does not say that,
    there is none.
    """

    def due(run: dict[str, Any]) -> int:
        said = read_run_id(name, _id(run))
        return said.plan_time if said else 0

    over = [each for each in _runs(server, name, ended=1) if each["state"] == ENDED]
    newest = max(over, key=due, default=None)
    if newest is None:
        return {}
    try:
        return {} if due(_newest(server, name)) > due(newest) else newest
    except Refused:
        return newest


def _newest(server: Master, name: str) -> dict[str, Any]:
    """The newest record; Refused where there is none."""
    records: list[dict[str, Any]] = server.get("/job/log", name=name, limit=1)
    if not records:
        raise Refused(f"{visible(name)[:140]} has not run yet")
    return records[0]


def _id(run: dict[str, Any]) -> str:
    return str(run.get("runId") or "")


def _next(server: Master, name: str) -> str:
    """Wait for a run that begins from now on, and be it over when it is seen."""
    return next(found for found in _beginning(server, name) if found)


def _beginning(server: Master, name: str) -> Iterator[str]:
    """What runs, and what has run since, again and again; "" for neither."""
    before: str | None = None
    while True:
        yield _running(server, name)
        records = server.get("/job/log", name=name, limit=1)
        newest = _id(records[0]) if records else ""
        yield newest if before is not None and newest != before else ""
        before = newest
        pause(PACE_SECONDS)


def _tell_missing(live: LiveOutput, state: dict[str, Any]) -> None:
    """Say of a run that is over where that is which was not shown of it."""
    if state.get("record"):
        live.tell_gaps(state["record"])
    elif state.get("state") == ENDED:
        click.echo("(its record is still to come, and with it what it printed)", err=True)


def _print(record: dict[str, Any], times: bool, tells_end: bool) -> None:
    """Of a run that printed nothing and did not end well the end is told, unless others do."""
    output = str(record.get("output") or "")
    if output:
        print_output(timed_output(record) if times else output)
    elif tells_end and outcome(record) != SUCCESS:
        click.echo(visible(ended(record)), err=True)
    elif said := lacks(record):
        click.echo(said, err=True)
