"""`fleetcron job log`: what became of a job's due instants, newest first."""

from __future__ import annotations

from typing import Any

import click

from cli.client import Master, output_option, server_option
from cli.show import (
    instant,
    lacks,
    outcome,
    print_json,
    print_output,
    print_table,
    spent,
    took,
    why,
)
from cli.timed_output import timed_output
from common.keys import read_run_id
from common.logs import visible

TOOK = "TOOK"
HEADERS = ["STARTED", "DUE", "OUTCOME", TOOK, "WORKER", "WHY"]
RUN_PLACE = 2


@click.command("log")
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--skip", type=click.IntRange(0), default=0, show_default=True)
@click.option("--output", "with_output", is_flag=True, help="With what each printed and used.")
@click.option("--times", is_flag=True, help="As --output, with the time of each line.")
@server_option
@output_option
def read_log(
    name: str,
    limit: int,
    skip: int,
    with_output: bool,
    times: bool,
    server: Master,
    as_json: bool,
) -> None:
    """Show a job's runs, newest first, in this terminal's time zone.

    RUN is there where a run is not the only one of its instant: #share, !id of a run by hand,
    +n of retry n.
    """
    records = server.get("/job/log", name=name, skip=skip, limit=limit)
    if as_json:
        print_json(records)
        return
    headers, rows = table(name, records)
    if not (with_output or times):
        print_table(headers, rows)
        return
    for place, (record, row) in enumerate(zip(records, rows, strict=True), skip):
        row[headers.index(TOOK)] = spent(record)
        click.echo(visible("== " + "  ".join(map(str, row))))
        print_output(timed_output(record) if times else str(record.get("output") or ""))
        if said := lacks(record):
            click.echo(said, err=True)
        if record.get("shortened"):
            click.echo(f"(shortened; all of it: --output --skip {place} --limit 1)", err=True)


def table(name: str, records: list[dict[str, Any]]) -> tuple[list[str], list[list[object]]]:
    """The headers and the rows of a page of records."""
    headers, rows = list(HEADERS), [_row(record) for record in records]
    told = [told_run(name, record) for record in records]
    if any(told):
        headers.insert(RUN_PLACE, "RUN")
        for row, run in zip(rows, told, strict=True):
            row.insert(RUN_PLACE, run or "-")
    return headers, rows


def told_run(name: str, record: dict[str, Any]) -> str:
    """What tells a run from others of its instant: `#share!id+n`; "" for the only one."""
    said = read_run_id(name, str(record.get("runId") or "").partition("~")[0])
    if said is None:
        return ""
    parts = (("#", said.share), ("!", said.manual), ("+", said.attempt))
    return "".join(f"{mark}{value}" for mark, value in parts if value)


def _row(record: dict[str, Any]) -> list[object]:
    said = why(record)
    if record.get("count"):
        said = f"{record['count']} due instants {said}".rstrip()
    times = [instant(record.get(field)) for field in ("startTime", "planTime")]
    return [*times, outcome(record), took(record), record.get("worker") or "-", said]
