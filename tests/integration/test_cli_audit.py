"""The audit, revisions and backups from the command line, with a real master and worker."""

from __future__ import annotations

import json

from tests.integration.standing_alone import Standalone


def said(alone: Standalone, *words: str) -> str:
    """What a command that works prints."""
    result = alone.call(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_audit_shows_who_did_what_and_the_page_that_follows(alone: Standalone) -> None:
    said(alone, "job", "save", "told", "--schedule", "@daily", "--command", "true")
    said(alone, "job", "save", "told", "--command", "false")
    said(alone, "job", "pause", "told", "--reason", "a move")
    said(alone, "job", "delete", "told")
    lines = said(alone, "audit", "--job", "told").splitlines()
    assert lines[0].split() == ["WHEN", "WHAT", "OF", "BY", "FROM", "MORE"]
    assert [line.split()[3] for line in lines[1:]] == ["deleted", "paused", "changed", "created"]
    assert "a move" in lines[2]
    assert lines[3].endswith("command")
    page = json.loads(said(alone, "audit", "--job", "told", "--limit", "3", "-o", "json"))
    assert page["entries"][2]["before"]["command"] == "true"
    (last,) = said(alone, "audit", "--job", "told", "--after", page["next"]).splitlines()[1:]
    assert last.split()[3] == "created"
    refused = alone.call("audit", "--what", "renamed")
    assert refused.exit_code == 1
    assert "what: expected of created, " in refused.output


def test_revisions_are_compared_and_restored(alone: Standalone) -> None:
    said(alone, "job", "save", "again", "--schedule", "@daily", "--command", "true")
    said(alone, "job", "save", "again", "--command", "false", "--set", "owner=eve")
    lines = said(alone, "job", "revisions", "again").splitlines()
    assert lines[0].split() == ["REVISION", "WHEN", "WHAT", "BY", "MORE"]
    newest, first = (line.split()[0] for line in lines[1:])
    assert "changed (current)" in lines[1]
    changed = "- command: true\n+ command: false\n+ owner: eve\n"
    assert said(alone, "job", "diff", "again") == changed
    assert said(alone, "job", "diff", "again", first) == changed
    assert said(alone, "job", "diff", "again", first, newest) == changed
    assert said(alone, "job", "diff", "again", first, first) == ""
    assert json.loads(said(alone, "job", "diff", "again", newest, first, "-o", "json")) == {
        "command": {"before": "false", "after": "true"},
        "owner": {"before": "eve", "after": None},
    }
    assert said(alone, "job", "restore", "again", first) == f"again is as at revision {first}\n"
    assert said(alone, "job", "restore", "again", first).endswith(" already\n")
    assert "command: true" in said(alone, "job", "show", "again")
    said(alone, "job", "delete", "again")
    said(alone, "job", "restore", "again", newest)
    assert "command: false" in said(alone, "job", "show", "again")
    said(alone, "job", "delete", "again")
    assert alone.call("job", "diff", "gone").exit_code == 1
