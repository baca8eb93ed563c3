"""`fleetcron stats`: how a job's newest runs went."""

from __future__ import annotations

from typing import Any

import click

from cli.client import Master, output_option, server_option
from cli.examples import examples
from cli.show import instant, print_json
from common.instants import duration
from common.logs import visible


@click.command(
    epilog=examples(
        "stats nightly",
        "stats nightly --since 2026-11-01 -o json",
    )
)
@click.argument("name")
@click.option("--since", metavar="TIME", help="Begun then or later: ISO 8601 or epoch ms.")
@server_option
@output_option
def stats(name: str, since: str | None, server: Master, as_json: bool) -> None:
    """Say how many of NAME's newest runs (1,000 at most) went well, and how long they took."""
    told = server.get("/api/v1/job/stats", name=name, **({"since": since} if since else {}))
    if as_json:
        print_json(told)
        return
    for line in lines(name, told):
        click.echo(visible(line))


def lines(name: str, told: dict[str, Any]) -> list[str]:
    """The answer in words."""
    if not told["runs"]:
        return [f"{name}: no runs"]
    span = f"{instant(told['from'])} to {instant(told['to'])}"
    rest = "" if told["complete"] else " (there was no time for more)"
    said = [
        f"{name}: {told['runs']} runs, {span}{rest}",
        f"success: {100 * told['successRate']:.1f} % ({told['success']} of {told['runs']})",
    ]
    if told["p50Ms"] is not None:
        said.append(
            f"took: half {duration(told['p50Ms'])} at most, 95 % {duration(told['p95Ms'])} at most"
        )
    return said
