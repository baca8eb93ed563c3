"""`fleetcron job pause` and `job resume`: start nothing of a job for a while, and let it go on."""

from __future__ import annotations

from typing import Any

import click

from cli.client import Master, output_option, server_option
from cli.show import instant, print_json
from common.logs import visible
from common.watermark import LATEST_MS


@click.command(short_help="Start nothing more of a job.")
@click.argument("name")
@click.option("--until", metavar="TIME", help="ISO 8601, in the job's zone; else until it resumes.")
@click.option("--reason", metavar="TEXT", help="Shown with the job.")
@server_option
@output_option
def pause(name: str, until: str | None, reason: str | None, server: Master, as_json: bool) -> None:
    """Start nothing more of a job, nor retries; what runs of it goes on, and it can be run by hand.
    Instants that pass meanwhile are not made up for."""
    asked = {"name": name, "until": until, "reason": reason}
    done = server.post_json("/api/v1/pause", {k: v for k, v in asked.items() if v is not None})
    entry = server.get("/api/v1/job", name=name)
    is_so = "is" if done["changed"] else "is unchanged:"
    told = visible(f"{name} {is_so} {told_pause(entry['job'])}")
    print_json(done) if as_json else click.echo(told)
    for warning in done["warnings"]:
        click.echo(visible(f"warning: {warning}"), err=True)


@click.command()
@click.argument("name")
@server_option
@output_option
def resume(name: str, server: Master, as_json: bool) -> None:
    """Let a paused job go on, from its next due instant."""
    done = server.post_json("/api/v1/resume", {"name": name})
    if as_json:
        print_json(done)
        return
    entry = server.get("/api/v1/job", name=name)
    following = instant(entry.get("next"), entry["job"].get("timezone") or "UTC")
    said = "goes on" if done["wasPaused"] else "was not paused"
    click.echo(visible(f"{name} {said}; next: {following}"))


def told_pause(job: dict[str, Any]) -> str:
    """What is told of a paused job's pause: until when, by whom, and why."""
    until, zone = job.get("pausedUntil"), job.get("timezone") or "UTC"
    ends = isinstance(until, int) and until < LATEST_MS
    words = f"paused until {instant(until, zone)}" if ends else "paused until it is resumed"
    by, reason = job.get("pausedBy"), job.get("pauseReason")
    return words + (f", by {by}" if by else "") + (f": {reason}" if reason else "")
