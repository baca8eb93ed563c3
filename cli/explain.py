"""`fleetcron explain`: what an expression means, from the engine that schedules; no server."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

import click

from cli.client import output_option
from cli.show import EPOCH, instant
from common.describe import describe
from common.errors import InvalidField
from common.logs import visible
from common.schedule import Schedule, expand_hash, parse_schedule

MAX_LINE_BYTES = 65_536
MAX_COUNT = 100_000


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of each expression: its zone, after when (epoch ms), how many, whose `H`."""

    zone: str
    after: int
    count: int
    name: str

    def schedule(self, expr: str) -> Schedule:
        """The expression as it would be saved; InvalidField if it would not be."""
        return parse_schedule(expand_hash(expr, self.name) if self.name else expr, self.zone)

    def instants(self, schedule: Schedule) -> list[int]:
        """The next due instants in epoch ms, fewer where they end."""
        found: list[int] = []
        due = schedule.next_after(self.after)
        while due is not None and len(found) < self.count:
            found.append(due)
            due = schedule.next_after(due)
        return found


@click.command()
@click.argument("expr")
@click.option("--zone", default="UTC", show_default=True, help="An IANA time zone.")
@click.option("--from", "start", metavar="TIME", help="ISO 8601 or epoch ms; default is now.")
@click.option("--count", type=click.IntRange(0, MAX_COUNT), default=5, show_default=True)
@click.option("--name", default="", help="The job's name, where the expression has an H.")
@output_option
def explain(expr: str, zone: str, start: str | None, count: int, name: str, as_json: bool) -> None:
    """Say in words and instants what EXPR means. `-` reads one expression a line and answers each
    on one line; a line that is wrong is answered by its error."""
    question = Question(_zone(zone), _moment(start, zone), count, name)
    if expr == "-":
        _answer_lines(question, _as_json if as_json else _as_text)
        return
    try:
        schedule = question.schedule(expr)
    except InvalidField as error:
        raise click.ClickException(visible(str(error))) from error
    instants = question.instants(schedule)
    if as_json:
        words = {"expr": expr, "zone": zone, "text": describe(schedule), "next": instants}
        click.echo(json.dumps(words))
        return
    click.echo(describe(schedule))
    for due in instants:
        click.echo(f"  {instant(due, zone)}")
    if len(instants) < count:
        click.echo("  and never again")


def _zone(zone: str) -> str:
    try:
        parse_schedule("@daily", zone)
    except InvalidField as error:
        raise click.BadParameter(error.reason, param_hint="--zone") from error
    return zone


def _moment(text: str | None, zone: str) -> int:
    """Epoch ms of `--from`: digits are ms; a time without an offset is read in the zone."""
    if text is None:
        return int(time.time() * 1000)
    try:
        if text.lstrip("-").isdigit() and text.isascii():
            ms = int(text)
            datetime.fromtimestamp(ms / 1000, UTC)
            return ms
        moment = datetime.fromisoformat(text)
        local = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
        return int((local - EPOCH).total_seconds() * 1000)
    except (ValueError, OverflowError, OSError) as error:
        raise click.BadParameter(
            f"expected ISO 8601 or epoch ms, got {text!r}", param_hint="--from"
        ) from error


Answer = Callable[[Question, str], str]


def _answer_lines(question: Question, answer: Answer) -> None:
    out = sys.stdout
    for expr in _lines(sys.stdin.buffer):
        out.write(answer(question, expr) + "\n")
        out.flush()


def _lines(source: BinaryIO) -> Iterator[str]:
    """Lines without their end; of one that is far too long only the beginning."""
    while line := source.readline(MAX_LINE_BYTES):
        rest = line
        while not rest.endswith(b"\n") and len(rest) == MAX_LINE_BYTES:
            rest = source.readline(MAX_LINE_BYTES)
        yield line.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")


def _as_json(question: Question, expr: str) -> str:
    try:
        return json.dumps({"expr": expr, "next": question.instants(question.schedule(expr))})
    except InvalidField as error:
        return json.dumps({"expr": expr, "error": str(error)})


def _as_text(question: Question, expr: str) -> str:
    try:
        schedule = question.schedule(expr)
    except InvalidField as error:
        return f"{visible(expr)}: {visible(str(error))}"
    instants = [instant(due, question.zone) for due in question.instants(schedule)]
    return f"{visible(expr)}: {describe(schedule)}: {', '.join(instants) or 'never'}"
