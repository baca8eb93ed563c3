"""`fleetcron search`: the records that are meant, newest first, page by page."""

from __future__ import annotations

from typing import Any

import click

from cli.client import Master, output_option, server_option
from cli.examples import examples
from cli.record_filters import asked, filter_options
from cli.show import instant, outcome, print_json, print_table, took, why
from common.logs import visible

HEADERS = ["STARTED", "JOB", "OUTCOME", "TOOK", "WORKER", "TRIGGER", "RUN", "WHY"]


@click.command(
    epilog=examples(
        "search --outcome failed,timeout --since 2026-11-01T08:00",
        "search --job nightly --longer 10m",
        'search --host db7 --text "disk full"',
    )
)
@filter_options
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--after", metavar="PLACE", help="The page that follows; the last line names it.")
@server_option
@output_option
def search(server: Master, as_json: bool, **given: Any) -> None:
    """Find the records of runs, newest first, in this terminal's time zone.

    Times without an offset are read in the fleet's zone. Looking into outputs takes long and is
    bounded: the last line says how far it came, and how to go on. `fleetcron logs JOB --run RUN`
    shows what a run printed.
    """
    page = server.get("/api/v1/records", **asked(given))
    if as_json:
        print_json(page)
        return
    print_table(HEADERS, [row(record) for record in page["records"]])
    click.echo(visible(ending(page)), err=True)


def row(record: dict[str, Any]) -> list[object]:
    """A record as a line of the table."""
    job, run = str(record.get("jobName") or "-"), str(record.get("runId") or "-")
    who = [record.get("worker") or "-", record.get("trigger") or "-"]
    times = [instant(record.get("startTime")), job, outcome(record), took(record)]
    return [*times, *who, run, why(record)]


def ending(page: dict[str, Any]) -> str:
    """What is said below a page: how far it looked, and where the next one begins."""
    count = len(page["records"])
    found = f"{count} of {page['looked']} looked at" if page["looked"] != count else f"{count}"
    if page["next"] is None:
        gone = "; no job of that name now" if page.get("noSuchJob") else ""
        return f"({found}; these are all{gone})"
    to = f", looked back to {instant(page['lookedTo'])}" if page["lookedTo"] is not None else ""
    early = "" if page["complete"] else "; the time for one page was up"
    return f"({found}{to}{early}; older ones: --after '{page['next']}')"
