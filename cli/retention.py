"""`fleetcron retention`: how long records are kept, and what was removed last."""

from __future__ import annotations

from typing import Any

import click

from cli.client import Master, output_option, server_option
from cli.examples import examples
from cli.show import instant, print_json
from common.logs import visible


@click.command(
    epilog=examples(
        "retention",
        "retention -o json",
    )
)
@server_option
@output_option
def retention(server: Master, as_json: bool) -> None:
    """Show how long records and the audit are kept, and what was removed last."""
    told = server.get("/api/v1/retention")
    if as_json:
        print_json(told)
        return
    keeper = told["keeper"] or "no master at the moment"
    click.echo(visible(told["text"]))
    click.echo(visible(f"kept by: {keeper}"))
    for line in _last(told["last"]):
        click.echo(visible(line))
    if told["auditWaiting"]:
        click.echo(f"entries of the audit that wait for the log store: {told['auditWaiting']}")


def _last(last: dict[str, Any] | None) -> list[str]:
    """Lines about the last pass."""
    if last is None:
        return ["last pass: none yet"]
    if last.get("at") is None:
        return ["last pass: none yet", f"problem: {last.get('problem')}"]
    removed = [f"{count} by {rule}" for rule, count in last.get("removed", {}).items() if count]
    lines = [f"last pass: {instant(last.get('at'))}, removed {', '.join(removed) or 'nothing'}"]
    oldest, size = last.get("oldest"), last.get("bytes")
    left = f", the oldest of {instant(oldest)}" if oldest is not None else ""
    much = "of a size that is not known" if size is None else f"{size / (1 << 20):.1f} MiB"
    lines.append(f"records: {much}{left}")
    return lines + ([f"problem: {last['problem']}"] if last.get("problem") else [])
