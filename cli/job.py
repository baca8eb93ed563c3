"""`fleetcron job`: jobs and their logs, over HTTP."""

from __future__ import annotations

import json
from typing import Any

import click

from cli.client import Master, Refused, output_option, server_option
from cli.job_kill import kill
from cli.job_log import read_log
from cli.job_pause import pause, resume, told_pause
from cli.job_revisions import diff, restore, revisions
from cli.job_run import run
from cli.job_save import next_instants, save
from cli.show import instant, outcome, print_json, print_table, took, why
from common.logs import visible

SHOWN_INSTANTS = 5


@click.group()
def job() -> None:
    """Save, show, delete, run, kill and pause jobs; read their logs."""


job.add_command(save)
job.add_command(pause)
job.add_command(resume)
job.add_command(kill)
job.add_command(run)
job.add_command(read_log)
job.add_command(revisions)
job.add_command(diff)
job.add_command(restore)


@job.command("list")
@server_option
@output_option
def list_jobs(server: Master, as_json: bool) -> None:
    """List the jobs with their next instant and last outcome. What `-o json` prints,
    `job save --file -` takes."""
    found = server.get("/api/v1/jobs")
    invalid = [entry for entry in found if entry.get("invalid")]
    if as_json:
        print_json([entry["job"] for entry in found if not entry.get("invalid")])
        for entry in invalid:
            name = visible(str(entry["job"].get("name")))
            click.echo(f"{name} is left out: {visible(entry['invalid'])}", err=True)
        return
    rows = [_row(entry) for entry in found]
    print_table(["NAME", "SCHEDULE", "NEXT", "LAST", "COMMAND"], rows)


def _row(entry: dict[str, Any]) -> list[object]:
    job = entry["job"]
    if entry.get("invalid"):
        return [job["name"], job.get("cronExpr", "-"), "-", "-", f"invalid: {entry['invalid']}"]
    next_instant = instant(entry.get("next"), job.get("timezone") or "UTC")
    if entry.get("pausedNow") and entry.get("next") is None:
        next_instant = "paused"
    return [job["name"], schedule_of(job), next_instant, outcome(entry.get("last")), job["command"]]


def schedule_of(job: dict[str, Any]) -> str:
    """The expression as it was written, before `H` was expanded."""
    return str(job.get("cronExprSource") or job["cronExpr"])


@job.command(short_help="Show a job with everything.")
@click.argument("name")
@server_option
@output_option
def show(name: str, server: Master, as_json: bool) -> None:
    """Show a job: its fields, its schedule in words, the next instants, the last run."""
    entry = server.get("/api/v1/job", name=name)
    if not entry.get("invalid"):
        entry["next"] = next_instants(server, entry, SHOWN_INSTANTS)
    if as_json:
        print_json(entry)
        return
    for field, value in entry["job"].items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        click.echo(f"{visible(field)}: {visible(shown)}")
    if entry.get("invalid"):
        raise Refused(f"this job does not run: {visible(entry['invalid'])}")
    click.echo(f"means: {visible(str(entry.get('text')))}")
    for warning in entry.get("warnings", ()):
        click.echo(f"warning: {visible(str(warning))}")
    if entry.get("pausedNow"):
        click.echo(visible(told_pause(entry["job"])))
    if entry["next"] or not entry.get("pausedNow"):
        print_next(entry["next"], entry["job"])
    _print_last(entry.get("last"))


def print_next(instants: list[int], job: dict[str, Any]) -> None:
    """One line for each instant, in the job's zone."""
    for due in instants:
        click.echo(f"next: {instant(due, job.get('timezone') or 'UTC')}")
    if not instants:
        click.echo("next: never again")


def _print_last(record: dict[str, Any] | None) -> None:
    if not record:
        click.echo("last: has not run yet")
        return
    lasted = "" if (length := took(record)) == "-" else f" in {length}"
    said = f": {why(record)}" if why(record) else ""
    at = instant(record.get("startTime"))
    click.echo(visible(f"last: {outcome(record)} at {at}{lasted}{said}"))


@job.command()
@click.argument("name")
@server_option
@output_option
def delete(name: str, server: Master, as_json: bool) -> None:
    """Delete a job; its logs stay."""
    deleted = server.post_form("/job/delete", name=name)
    if deleted is None:
        raise Refused(f"there is no job {visible(name)[:140]}")
    print_json(deleted) if as_json else click.echo(f"deleted {visible(name)}")
