"""`fleetcron export`: records as JSON lines or CSV."""

from __future__ import annotations

import contextlib
import http.client
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click

from cli.client import Master, NoAnswer, server_option
from cli.examples import examples
from cli.new_file import new_file
from cli.record_filters import asked, filter_options
from common.logs import visible

_CHUNK = 1 << 16


@click.command(
    epilog=examples(
        "export --job nightly > nightly.jsonl",
        "export --outcome failed --since 2026-11-01 --format csv --to failed.csv",
    )
)
@filter_options
@click.option("--format", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--raw", is_flag=True, help="CSV: leave cells alone that look like formulas.")
@click.option(
    "--to", "path", metavar="FILE", type=click.Path(path_type=Path), help="Instead of stdout."
)
@server_option
def export(path: Path | None, raw: bool, server: Master, **given: Any) -> None:
    """Write the records of runs with their outputs, newest first.

    In CSV a cell that begins with = + - or @ gets a ' in front, so that no spreadsheet calculates
    it. FILE is there once all is written, and only its owner may read it.
    """
    query = {**asked(given), **({"raw": 1} if raw else {})}
    with server.opened("/api/v1/export", **query) as opened, _target(path) as file:
        try:
            while chunk := opened.answer.read(_CHUNK):
                file.write(chunk)
        except http.client.HTTPException as error:
            text = "the master broke off before the last record; its log says why"
            raise NoAnswer(f"{text} ({error})") from error
    if path is not None:
        click.echo(f"written to {visible(str(path))}", err=True)


@contextlib.contextmanager
def _target(path: Path | None) -> Iterator[IO[bytes]]:
    """Standard output, or a new file."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with new_file(path) as file:
        yield file
