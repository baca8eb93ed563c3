"""`fleetcron worker drain` and `worker undrain`: which workers take runs."""

from __future__ import annotations

from typing import Any

import click

from cli.client import Master, output_option, server_option
from cli.show import print_json
from common.logs import visible


@click.command(short_help="Have a worker take no more runs.")
@click.argument("worker")
@click.option("--reason", metavar="TEXT", default="", help="Shown with the worker.")
@server_option
@output_option
def drain(worker: str, reason: str, server: Master, as_json: bool) -> None:
    """Have a worker take no more runs; those that it has go on to their end.

    That holds until it is taken back, also after a restart of the worker or of its host.
    """
    done = server.post_json("/api/v1/worker/drain", {"worker": worker, "reason": reason})
    late = "" if done["heard"] else "; it was told, and has not yet said that it heard"
    said = visible(f"{worker} takes no more runs{late}")
    print_json(done) if as_json else click.echo(said)


@click.command()
@click.argument("worker")
@server_option
@output_option
def undrain(worker: str, server: Master, as_json: bool) -> None:
    """Have a worker that was drained take runs again."""
    done = server.post_json("/api/v1/worker/undrain", {"worker": worker})
    print_json(done) if as_json else click.echo(visible(f"{worker} {_undrained(done)}"))


def _undrained(done: dict[str, Any]) -> str:
    if not done["wasDrained"]:
        return "was not drained"
    if not done["registered"]:
        return "is not registered; it takes runs again when it is back"
    late = "" if done["heard"] else "; it was told, and has not yet said that it heard"
    return f"takes runs again{late}"
