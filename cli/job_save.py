"""`fleetcron job save`: one job by options, or jobs from a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

import click

from cli.client import Master, Refused, output_option, server_option
from cli.job_pause import told_pause
from cli.job_where import where_with_host
from cli.json_file import reading
from cli.show import instant, print_json
from common.errors import InvalidField
from common.job import FIELDS, Job
from common.logs import visible
from common.strict_json import parse_json

MAX_BODY_BYTES = 900_000
"""A master takes bodies of 1 MiB; more jobs than fit go in several."""
SHOWN_INSTANTS = 3
NO_TEXTS = ("hosts", "paused_until", "argv", "groups")
"""Fields that may be numbers or lists, though their defaults are text or nothing."""
SET_HELP = "Another field: text as it is, other values as JSON; no VALUE sets it back."


@click.command()
@click.argument("name", required=False)
@click.option("--schedule", metavar="EXPR", help="A cron expression of 5, 6 or 7 fields.")
@click.option("--command", metavar="CMD", help="What the shell is to run.")
@click.option("--set", "sets", metavar="FIELD=VALUE", multiple=True, help=SET_HELP)
@click.option("--host", help="Run it on this host: where host=HOST, in the place of another one.")
@click.option("--file", type=click.File(encoding="utf-8"), help="JSON: a job or an array; - too.")
@server_option
@output_option
def save(
    name: str | None,
    schedule: str | None,
    command: str | None,
    sets: tuple[str, ...],
    host: str | None,
    file: TextIO | None,
    server: Master,
    as_json: bool,
) -> None:
    """Save a job, new or changed: what is not given stays as it was. Or save those of a file;
    when one of them is wrong, none is saved."""
    if (name is None) == (file is None):
        raise click.UsageError("give either a job's NAME or --file")
    if file is not None:
        if sets or any(given is not None for given in (schedule, command, host)):
            raise click.UsageError("--file holds the whole jobs: give no other field")
        _save_file(server, file, as_json)
        return
    if "name" in _named(sets):
        raise click.UsageError("a job's name is the argument NAME, and cannot be changed")
    if host is not None and "where" in _named(sets):
        raise click.UsageError("--host is short for a term of where: give one of the two")
    fields = {"name": name, "cronExpr": schedule, "command": command} | dict(map(_field, sets))
    given = {k: v for k, v in fields.items() if v is not None or k in _named(sets)}
    if name is not None and host is not None:
        given["where"] = where_with_host(server, name, host)
    before = server.post_form("/job/save", job=json.dumps(given))
    entry = server.get("/api/v1/job", name=given["name"])
    did = _did(str(given["name"]), not before, entry["job"] != before)
    click.echo(did, err=as_json)
    _report(server, entry, as_json)


def _did(name: str, created: bool, changed: bool) -> str:
    if not (created or changed):
        return f"{visible(name)} is unchanged"
    return f"{'created' if created else 'changed'} {visible(name)}"


def _named(sets: Sequence[str]) -> set[str]:
    return {text.partition("=")[0] for text in sets}


def _field(text: str) -> tuple[str, Any]:
    """FIELD=VALUE: a value of a field that is text stays text, any other is JSON if it reads so.

    Without a value it is null, which sets the field back to its default.
    """
    field, equals, value = text.partition("=")
    if not field or not equals:
        raise click.BadParameter(f"expected FIELD=VALUE, got {text!r}", param_hint="--set")
    if not value:
        return field, None
    if field in FIELDS and _is_text(FIELDS[field][0]):
        return field, value
    try:
        meant = parse_json(value, field)
        json.dumps(meant, allow_nan=False)  # 1e999 is read as what JSON has no word for
    except (InvalidField, ValueError):
        return field, value
    return field, meant


def _is_text(attribute: str) -> bool:
    """Whether a field is text and nothing else, by its default."""
    return isinstance(getattr(Job("", "", ""), attribute), str | None) and attribute not in NO_TEXTS


def _report(server: Master, entry: dict[str, Any], as_json: bool) -> None:
    job = entry["job"]
    _warn(str(job["name"]), entry)
    if as_json:
        print_json(job)
        return
    click.echo(visible(entry["text"]))
    if entry.get("pausedNow"):
        click.echo(visible(told_pause(job)))
    for due in next_instants(server, entry, SHOWN_INSTANTS):
        click.echo(f"  {instant(due, job.get('timezone') or 'UTC')}")


def next_instants(server: Master, entry: dict[str, Any], count: int) -> list[int]:
    """The next due instants of a job as the master shows it (epoch ms), after its pause if any."""
    job, first = entry["job"], entry.get("next")
    if first is None:
        return []
    given = {"zone": job["timezone"]} if job.get("timezone") else {}
    query = {"expr": job["cronExpr"], "count": count, "from": first - 1, **given}
    return [int(due) for due in server.get("/api/v1/explain", **query)["next"]]


def _warn(name: str, told: dict[str, Any]) -> None:
    for warning in told.get("warnings", ()):
        click.echo(f"warning: {visible(name)}: {visible(str(warning))}", err=True)


def _save_file(server: Master, file: TextIO, as_json: bool) -> None:
    parts = list(bodies(_read(file)))
    if len(parts) > 1:
        _check(server, parts)
    done: list[dict[str, Any]] = []
    for jobs in parts:
        try:
            done += server.post_json("/api/v1/jobs", jobs)
        except Refused as error:
            before = f" ({len(done)} jobs before these were saved)" if done else ""
            raise Refused(error.message + before) from error
    for saved in done:
        _warn(str(saved["name"]), saved)
    if as_json:
        print_json(done)
        return
    for saved in done:
        click.echo(_did(str(saved["name"]), saved["created"], saved["changed"]))


def _check(server: Master, parts: Sequence[Sequence[Any]]) -> None:
    """Refuse what a master cannot see in one body at a time, before the first is saved."""
    names: set[str] = set()
    for body in parts:
        server.post_json("/api/v1/jobs?check=1", body)
        for job in body:
            if job["name"] in names:
                raise Refused(f"name: {visible(job['name'])} comes twice; none was saved")
            names.add(job["name"])


def _read(file: TextIO) -> list[Any]:
    with reading(file):
        document = parse_json(file.read(), file.name, once=True)
    return document if isinstance(document, list) else [document]


def bodies(jobs: list[Any]) -> Iterator[list[Any]]:
    """The jobs in as few requests as the master's limit allows."""
    body: list[Any] = []
    size = 0
    for job in jobs:
        own = len(json.dumps(job)) + 2
        if body and size + own > MAX_BODY_BYTES:
            yield body
            body, size = [], 0
        body.append(job)
        size += own
    yield body
