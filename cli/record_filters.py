"""The options by which records are chosen, as a command has them and as the master is asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

_UNITS = {"ms": 1, "s": 1000, "": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h|d|)", re.ASCII)
_NAMES = {"longer": "tookAtLeast", "shorter": "tookAtMost"}


def _duration(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """Whole ms of a duration as `90`, `90s`, `1.5m`, `2h`, `1d`."""
    if text is None:
        return None
    said = _DURATION.fullmatch(text)
    if said is None:
        raise click.BadParameter(f"{text!r} is no duration: expected as 90s, 1.5m, 2h or 1d")
    return round(float(said[1]) * _UNITS[said[2]])


_OPTIONS = (
    click.option("--job", metavar="NAME", help="Of this job alone."),
    click.option("--outcome", metavar="WORD,…", help="success, failed, timeout, missed, …"),
    click.option("--worker", metavar="WORKER", help="What this worker ran."),
    click.option("--host", metavar="HOST", help="What the workers of this host or address ran."),
    click.option("--trigger", metavar="WORD", help="schedule, manual, retry or catch-up."),
    click.option("--since", metavar="TIME", help="Begun then or later: ISO 8601 or epoch ms."),
    click.option("--until", metavar="TIME", help="Begun before: ISO 8601 or epoch ms."),
    click.option(
        "--longer",
        metavar="TIME",
        callback=_duration,
        help="Took so long or longer: 90s, 1.5m, 2h.",
    ),
    click.option("--shorter", metavar="TIME", callback=_duration, help="Took so long or less."),
)
_WORDS = (
    click.option("--text", metavar="WORDS", help="Whose output has all these words, in any case."),
    click.option("--pattern", metavar="RE2", help="Whose output has a line that matches."),
)


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all options that choose records, passed to it by their names."""
    for option in reversed((*_OPTIONS, *_WORDS)):
        command = option(command)
    return command


def asked(given: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as fields of a query."""
    longer, shorter = given.get("longer"), given.get("shorter")
    if longer is not None and shorter is not None and shorter < longer:
        raise click.BadParameter("is less than --longer", param_hint="--shorter")
    return {_NAMES.get(name, name): value for name, value in given.items() if value is not None}
