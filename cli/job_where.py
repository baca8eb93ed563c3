"""`--host` of `fleetcron job save`: short for a term of the job's `where`."""

from __future__ import annotations

from typing import Any

import click

from cli.client import Master, Refused
from common.errors import InvalidField
from common.logs import visible
from common.selector import parse_term


def where_with_host(server: Master, name: str, host: str) -> list[str]:
    """The `where` of a job that is to run on this host; what it replaces is said on stderr.

    Terms over other labels stay. Somebody else's save at the same moment may be overwritten.
    """
    try:
        term = str(parse_term(f"host={host}"))
    except InvalidField:
        term = ""
    if not host.strip() or not term:
        raise click.BadParameter(f"expected a host's name, got {host!r}", param_hint="--host")
    before = _where(server, name)
    replaced = [each for each in before if _is_of_host(each)]
    if replaced and replaced != [term]:
        click.echo(f"{term} takes the place of {visible(', '.join(replaced))}", err=True)
    return [*(each for each in before if each not in replaced), term]


def _where(server: Master, name: str) -> list[str]:
    """What the job asks for now; nothing where there is no such job."""
    try:
        job: dict[str, Any] = server.get("/api/v1/job", name=name)["job"]
    except Refused as error:
        if not error.message.startswith("no job named"):
            raise
        return []
    return [str(each) for each in job.get("where", ())]


def _is_of_host(term: str) -> bool:
    return parse_term(term).label == "host"
