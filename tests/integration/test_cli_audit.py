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
