"""`fleetcron job run`: run a job now, and tell how it ended."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from cli.client import Master, Refused, output_option, server_option
from cli.following import follow
from cli.show import ENDED, print_json, print_output, standing
from common import keys
from common.logs import visible

SUCCESS = "success"
NOT_STARTED = "not_started"


@click.command(short_help="Run a job now.")
@click.argument("name")
@click.option("--host", metavar="HOST", help="Only on a worker of this host.")
@click.option("--worker", metavar="WORKER", help="Only on this worker.")
@click.option("--wait/--no-wait", default=True, help="Wait for its end.  [default: wait]")
@server_option
@output_option
def run(
    name: str, host: str | None, worker: str | None, wait: bool, server: Master, as_json: bool
) -> None:
    """Run a job now, whatever its schedule says, also while it is paused. Prints what it printed;
    the exit code is 0 when it ended well. A failed run may be tried again, as the job's retries
    say: that is told and not waited for."""
    if host is not None and worker is not None:
        raise click.UsageError("give either --host or --worker")
    wanted = {"name": name, "host": host, "worker": worker}
    asked = server.post_json("/api/v1/run", {k: v for k, v in wanted.items() if v is not None})
    runs: list[str] = asked["runs"]
    for warning in asked["warnings"]:
        click.echo(visible(f"warning: {name}: {warning}"), err=True)
    if not wait:
        print_json(asked) if as_json else click.echo("\n".join(map(visible, runs)))
        return
    ended = []
    for state in _ends(server, name, runs, not as_json):
        ended.append(state)
        if not as_json and (output := str(state["record"].get("output") or "")):
            print_output(output)
        if state["outcome"] != SUCCESS and (again := _retry(server, name, state["runId"])):
            click.echo(visible(f"tried again, which is not waited for: {again}"), err=True)
    if as_json:
        print_json(ended)
    if any(state["outcome"] != SUCCESS for state in ended):
        sys.exit(1)


def _ends(server: Master, name: str, runs: list[str], tells_end: bool) -> Iterator[dict[str, Any]]:
    """The states of the runs once their records are there, in the order in which they were asked
    for. What becomes of each is printed, `tells_end` whether also how it ended: once, for that is
    known before its record is there.
    """
    for run_id in runs:
        said, over = "", not tells_end
        for state in follow(server, name, run_id):
            ended = state["state"] == ENDED
            now = visible(standing(state))
            if now != said and not (ended and over):
                click.echo(now, err=True)
            said, over = now, over or ended
            if state["record"]:
                yield state
                break


def _retry(server: Master, name: str, run_id: str) -> str:
    """The attempt that follows a run which is over, and how it stands with it; "" for none.

    One that was called off, by a pause or a kill, is none.
    """
    said = keys.read_run_id(name, run_id)
    if said is None:
        return ""
    following = keys.run_id(said.unit, said.plan_time, said.manual, said.attempt + 1)
    try:
        state = server.get("/api/v1/run", name=name, id=following)
    except Refused:
        return ""
    return "" if state["outcome"] == NOT_STARTED else f"{following} {state['text']}"
