"""`fleetcron job revisions`, `job diff` and `job restore`: what a job was before."""

from __future__ import annotations

import json
from typing import Any

import click

from cli.audit import more, tell_rest
from cli.client import Master, Refused, output_option, server_option
from cli.examples import examples
from cli.show import instant, print_json, print_table
from common.logs import visible

HEADERS = ["REVISION", "WHEN", "WHAT", "BY", "MORE"]
UNKNOWN = "not in the audit: by the Go master, by hand, or before there was one"


@click.command(
    epilog=examples(
        "job revisions nightly",
        "job revisions nightly --limit 100 -o json",
    )
)
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 999), default=20, show_default=True)
@click.option("--after", metavar="ID", help="The page that follows; the last line names it.")
@server_option
@output_option
def revisions(name: str, limit: int, after: str | None, server: Master, as_json: bool) -> None:
    """Show the last revisions of a job, newest first, also of a deleted one."""
    query = {"after": after} if after else {}
    page = server.get("/api/v1/revisions", name=name, limit=limit, **query)
    if as_json:
        print_json(page)
        return
    print_table(HEADERS, [_row(each) for each in page["revisions"]])
    tell_rest(page)


def _row(revision: dict[str, Any]) -> list[object]:
    number = "-" if revision["revision"] is None else revision["revision"]
    said = more(revision) if "at" in revision else UNKNOWN
    who = [revision.get("by") or "-", said]
    return [number, instant(revision.get("at")), _what(revision), *who]


def _what(revision: dict[str, Any]) -> str:
    if "at" in revision or revision["revision"] is not None:
        return f"{revision['what']}{' (current)' if revision.get('current') else ''}"
    return "deleted"


@click.command(
    epilog=examples(
        "job diff nightly",
        "job diff nightly 4711",
        "job diff nightly 4711 4805",
    )
)
@click.argument("name")
@click.argument("revision", type=click.IntRange(1), required=False)
@click.argument("other", type=click.IntRange(1), required=False)
@server_option
@output_option
def diff(name: str, revision: int | None, other: int | None, server: Master, as_json: bool) -> None:
    """Compare two revisions of a job, field by field: the last with the one before it, REVISION
    with the job as it is, or REVISION with OTHER."""
    before, after = _pair(server, name, revision, other)
    changed = {
        field: {"before": before.get(field), "after": after.get(field)}
        for field in [*before, *(field for field in after if field not in before)]
        if before.get(field) != after.get(field)
    }
    if as_json:
        print_json(changed)
        return
    for field in changed:
        for mark, side in (("-", before), ("+", after)):
            if field in side:
                click.echo(visible(f"{mark} {field}: {_shown(side[field])}"))
    if not changed:
        click.echo("no field differs", err=True)


def _pair(
    server: Master, name: str, revision: int | None, other: int | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two objects to compare; a job that was not there has no fields."""
    if revision is not None and other is None:
        return _job(server, name, revision), _now(server, name)
    if revision is None:
        last = server.get("/api/v1/revisions", name=name, limit=2)["revisions"]
        numbers = [each["revision"] for each in last]
        newest = _job(server, name, numbers[0]) if numbers[0] else {}
        return _job(server, name, numbers[1]) if numbers[1:] else {}, newest
    return _job(server, name, revision), _job(server, name, other or 0)


def _job(server: Master, name: str, revision: int) -> dict[str, Any]:
    job = server.get("/api/v1/revision", name=name, revision=revision)["job"]
    if isinstance(job, str):
        raise Refused(f"revision {revision} of {visible(name)} is no job: {visible(job[:200])}")
    return job or {}


def _now(server: Master, name: str) -> dict[str, Any]:
    """The job as it is; nothing where it is deleted."""
    (newest, *_) = server.get("/api/v1/revisions", name=name, limit=1)["revisions"]
    return _job(server, name, newest["revision"]) if newest["revision"] else {}


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@click.command(
    short_help="Make a job what it was at a revision.",
    epilog=examples(
        "job restore nightly 4711",
    ),
)
@click.argument("name")
@click.argument("revision", type=click.IntRange(1))
@server_option
@output_option
def restore(name: str, revision: int, server: Master, as_json: bool) -> None:
    """Save a job as it was at a revision: all of its fields, but for its pause, which stays as it
    is now. A job that was deleted is made anew."""
    done = server.post_json("/api/v1/restore", {"name": name, "revision": revision})
    for warning in done["warnings"]:
        click.echo(visible(f"warning: {name}: {warning}"), err=True)
    said = f"is as at revision {revision}{'' if done['changed'] else ' already'}"
    print_json(done) if as_json else click.echo(visible(f"{name} {said}"))
