"""`fleetcron why`: why a due instant of a job did, did not or will (not) run."""

from __future__ import annotations

import sys
from typing import Any

import click

from cli.client import Master, output_option, server_option
from cli.show import instant, print_json
from common.logs import visible

NO_JOB = ("no_such_job", "deleted")
NOT_DUE = (*NO_JOB, "never_due", "edited", "dst_skipped", "dst_doubled")
"""Causes of instants at which the job is perhaps not due."""


@click.command()
@click.argument("job")
@click.option(
    "--at",
    metavar="TIME",
    help="A due instant: ISO 8601 (without offset in the job's zone) or epoch ms.",
)
@click.option("--last", is_flag=True, help="The last due instant; this is the default.")
@click.option("--next", "coming", is_flag=True, help="The next due instant.")
@server_option
@output_option
def why(job: str, at: str | None, last: bool, coming: bool, server: Master, as_json: bool) -> None:
    """Say why JOB did, did not or will (not) run at a due instant. The first line names the cause,
    the others are the evidence and what can be done. The exit code is 1 where there is no such job.
    """
    if (at is not None) + last + coming > 1:
        raise click.UsageError("only one of --at, --last and --next can be asked for")
    asked: dict[str, object] = {"name": job}
    if at is not None:
        if not at:
            raise click.BadParameter("expected ISO 8601 or epoch ms", param_hint="--at")
        asked["at"] = at
    else:
        asked["next" if coming else "last"] = 1
    found = server.get("/api/v1/why", **asked)
    if as_json:
        print_json(found)
    else:
        first, *more = map(str, found["answer"])
        for sentence in (first + _which(found, first), *more):
            click.echo(visible(sentence))
    if found["cause"] in (NO_JOB if found["planTime"] is None else NO_JOB[:1]):
        sys.exit(1)


def _which(found: dict[str, Any], first: str) -> str:
    """Which instant is meant, where the first sentence does not have it."""
    told = instant(found["planTime"], str(found["zone"]))
    if found["planTime"] is None or told in first:
        return ""
    return f" ({'about' if found['cause'] in NOT_DUE else 'due'} {told})"
