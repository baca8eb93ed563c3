"""`fleetcron audit`: who saved, deleted, paused, killed, ran or drained what, and when."""

from __future__ import annotations

from typing import Any

import click

from cli.client import Master, output_option, server_option
from cli.examples import examples
from cli.show import instant, print_json, print_table
from common.logs import visible

HEADERS = ["WHEN", "WHAT", "OF", "BY", "FROM", "MORE"]


@click.command(
    epilog=examples(
        "audit --job nightly",
        "audit --by ann --what changed,deleted --since 2026-11-01",
        "audit --job nightly --limit 1 -o json",
    )
)
@click.option("--job", metavar="NAME", help="Of this job alone.")
@click.option("--by", metavar="USER", help="What this user (or address) asked for.")
@click.option("--what", metavar="WORD,…", help="created, changed, paused, deleted, killed, run, …")
@click.option("--since", metavar="TIME", help="Done then or later: ISO 8601 or epoch ms.")
@click.option("--until", metavar="TIME", help="Done before: ISO 8601 or epoch ms.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--after", metavar="ID", help="The page that follows; the last line names it.")
@server_option
@output_option
def audit(server: Master, as_json: bool, **asked: Any) -> None:
    """Show who did what to jobs and workers, newest first, in this terminal's time zone.

    Times without an offset are read in the fleet's zone. -o json shows each job as it was before
    and after, too.
    """
    query = {name: value for name, value in asked.items() if value is not None}
    page = server.get("/api/v1/audit", **query)
    if as_json:
        print_json(page)
        return
    print_table(HEADERS, [row(entry) for entry in page["entries"]])
    tell_rest(page)


def tell_rest(page: dict[str, Any]) -> None:
    """Say on stderr what a page of the audit may lack, and where the next one begins."""
    if page["problem"]:
        click.echo(f"warning: {visible(page['problem'])}", err=True)
    if page["next"]:
        click.echo(f"(older ones: --after {page['next']})", err=True)


def row(entry: dict[str, Any]) -> list[object]:
    """An entry as a line of the table."""
    subject = entry.get("job") or entry.get("worker") or "-"
    who = [entry.get("by") or "-", entry.get("from") or "-"]
    return [instant(entry["at"]), entry["what"], subject, *who, more(entry)]


def more(entry: dict[str, Any]) -> str:
    """What else there is to tell of an entry: what was changed, which run, where, and why."""
    said = [", ".join(entry.get("fields", ())), entry.get("runId", "")]
    said += [f"on {entry['worker']}"] if entry.get("job") and entry.get("worker") else []
    return "; ".join(filter(None, [*said, entry.get("reason", "")]))
