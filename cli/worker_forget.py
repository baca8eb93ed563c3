"""`fleetcron worker forget`: let go of a host that does not come back."""

from __future__ import annotations

import click

from cli.client import Master, output_option, server_option
from cli.show import print_json
from common.logs import visible


@click.command(short_help="Let go of a worker that is gone for good.")
@click.argument("worker")
@server_option
@output_option
def forget(worker: str, server: Master, as_json: bool) -> None:
    """Forget a worker that is gone for good: its shares of jobs on all hosts, and its drain.

    What those shares owed until now is recorded as missed. If the worker comes back all the
    same, it begins as a new one does.
    """
    answer = server.post_json("/api/v1/worker/forget", {"worker": worker})
    if as_json:
        print_json(answer)
        return
    said = [f"its share of {name}" for name in answer["jobs"]]
    said += ["that it is to be drained"] if answer["drain"] else []
    click.echo(visible(f"{answer['worker']} is forgotten: {', '.join(said)}"))
