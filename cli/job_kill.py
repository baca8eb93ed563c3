"""`fleetcron job kill`: end runs, and tell what was hit and whether it is dead."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from typing import Any

import click

from cli.client import Master, output_option, server_option
from cli.following import follow
from cli.show import print_json
from common.logs import visible

STILL_ALIVE = 1
"""The exit code when something still lives after the wait."""


@click.command(short_help="End the runs of a job, or one of them.")
@click.argument("name")
@click.option("--run", "run_id", metavar="ID", help="Only this run.")
@click.option("--wait/--no-wait", default=True, help="Wait until they are dead.  [default: wait]")
@click.option(
    "--timeout", type=click.FloatRange(0, 3600), default=30.0, show_default=True, metavar="SECONDS",
    help="How long to wait.",
)  # fmt: skip
@server_option
@output_option
def kill(
    name: str, run_id: str | None, wait: bool, timeout: float, server: Master, as_json: bool
) -> None:
    """End the runs of a job that have begun by now, with all their processes, or one of them.
    The exit code is 0 when nothing of them is left."""
    if math.isnan(timeout):
        raise click.BadParameter("expected seconds, got nan", param_hint="--timeout")
    until = time.monotonic() + timeout
    asked = {"name": name, "waitSeconds": timeout if wait else 0}
    answer = server.post_json("/api/v1/kill", asked | ({} if run_id is None else {"run": run_id}))
    if wait:
        answer = _waited_on(server, name, answer, until)
    if as_json:
        print_json(answer)
    else:
        for run in answer["runs"]:
            click.echo(visible(_line(run, wait)))
        if answer["elsewhere"]:
            how = "is over" if answer["elsewhere"] == "over" else "was asked to end"
            click.echo(f"what a Go worker ran of {visible(name)} {how}")
        elif not answer["runs"]:
            click.echo(f"nothing of {visible(name)} runs")
    if wait and not answer["dead"]:
        for said in _troubles(server, answer):
            click.echo(visible(said), err=True)
        sys.exit(STILL_ALIVE)


def _troubles(server: Master, answer: dict[str, Any]) -> Iterator[str]:
    """What the workers of runs that live say of executors that may not have heard of it."""
    where = {run["worker"] for run in answer["runs"] if not run["dead"]}
    for entry in server.get("/api/v1/workers"):
        said = entry.get("registration") or {}
        if entry["id"] in where and said.get("executors"):
            yield f"{entry['id']}: {said['executors']}"


def _waited_on(server: Master, name: str, answer: dict[str, Any], until: float) -> dict[str, Any]:
    """The answer once its runs are dead, or at `until` (monotonic): one request waits for less."""
    runs = [_end_of(server, name, run, until) for run in answer["runs"]]
    dead = answer["elsewhere"] != "running" and all(run["dead"] for run in runs)
    return answer | {"runs": runs, "dead": dead}


def _end_of(server: Master, name: str, run: dict[str, Any], until: float) -> dict[str, Any]:
    """A run of an answer, once it is dead; as it was where more waiting would not tell more."""
    if run["dead"] or run["state"] == "ended":
        return run
    for state in follow(server, name, run["runId"], until):
        run = {key: state[key] for key in run}
        if state["dead"] or state["record"]:
            break
    return run


def _line(run: dict[str, Any], waited: bool) -> str:
    alive = "still alive, " if waited else "asked to end, "
    if run["state"] == "ended" and not run["dead"]:
        alive = "perhaps still alive, "
    where = f" on {run['worker']}" if run["worker"] and run["state"] == "ended" else ""
    return f"{run['runId']}{where}: {'' if run['dead'] else alive}{run['text']}"
