"""The examples at the end of each command's help are such as can be typed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.__main__ import fleetcron
from cli.examples import TITLE

WITH_EXAMPLES = {
    "audit", "backup", "export", "job diff", "job restore", "job revisions", "logs", "restore",
    "retention", "search", "stats",
}  # fmt: skip


def commands(group: click.Group, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands below a group by the words that name them."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*above, name), command
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)


EXAMPLES = [
    (words, line.strip())
    for words, command in commands(fleetcron)
    if TITLE in (command.epilog or "")
    for line in (command.epilog or "").splitlines()[2:]
]


def test_the_commands_about_records_and_their_keeping_have_examples() -> None:
    assert {" ".join(words) for words, _ in EXAMPLES} >= WITH_EXAMPLES


@pytest.mark.parametrize(("words", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_each_example_is_understood(
    words: tuple[str, ...], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("jobs.json").write_text("{}")
    program, *typed = shlex.split(line.partition(">")[0])
    assert (program, *typed[: len(words)]) == ("fleetcron", *words)
    command = dict(commands(fleetcron))[words]
    with command.make_context(words[-1], typed[len(words) :]) as context:
        assert context.args == []
