"""The audit, revisions and backups from the command line, with a real master and worker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.client import Master
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


def test_jobs_come_back_from_a_backup_as_they_were(alone: Standalone, tmp_path: Path) -> None:
    for name in ("kept", "lost"):
        said(alone, "job", "save", name, "--schedule", "@daily", "--command", "true")
    file = tmp_path / "jobs.json"
    assert said(alone, "backup", "--to", str(file)).endswith(f"written to {file}\n")
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["jobs"] == json.loads(said(alone, "backup"))["jobs"]
    said(alone, "job", "save", "kept", "--command", "false")
    said(alone, "job", "delete", "lost")
    said(alone, "job", "save", "new", "--schedule", "@daily", "--command", "true")
    checked = said(alone, "restore", str(file), "--check", "--prune")
    assert "would be restored: kept\nwould be restored: lost\n" in checked
    assert "would be deleted: new\n" in checked
    refused = alone.call("restore", str(file), "--prune", given="n\n")
    assert refused.exit_code == 1
    assert "command: false" in said(alone, "job", "show", "kept")
    done = said(alone, "restore", str(file), "--prune", "--yes")
    assert "restored: kept\nrestored: lost\n" in done
    assert "deleted: new\n" in done
    again = said(alone, "restore", str(file), "--prune")
    assert "restored: " not in again
    assert "command: true" in said(alone, "job", "show", "kept")
    for name in ("kept", "lost"):
        said(alone, "job", "delete", name)


def test_a_backup_with_a_job_that_is_refused_changes_nothing_unless_that_is_left_out(
    alone: Standalone, tmp_path: Path
) -> None:
    said(alone, "job", "save", "fine", "--schedule", "@daily", "--command", "true")
    file = tmp_path / "jobs.json"
    said(alone, "backup", "--to", str(file))
    document = json.loads(file.read_text())
    document["zone"] = "Asia/Tokyo"
    (job,) = [job for job in document["jobs"] if job["name"] == "fine"]
    document["jobs"] = [job | {"command": "false"}, job | {"name": "odd", "cronExpr": "never"}]
    file.write_text(json.dumps(document))
    refused = alone.call("restore", str(file))
    assert refused.exit_code == 1
    assert "odd is refused: cronExpr: " in refused.output
    assert "command: true" in said(alone, "job", "show", "fine")
    done = alone.call("restore", str(file), "--skip")
    assert "the backup is of a fleet in Asia/Tokyo" in done.output
    assert "restored: fine\n" in done.stdout
    assert "command: false" in said(alone, "job", "show", "fine")
    assert alone.call("restore", str(file.with_name("none.json"))).exit_code == 2
    file.write_text('{"jobs": [], "fleetcron": 7}')
    assert "newer format (7)" in alone.call("restore", str(file)).output
    file.write_text("[]")
    assert alone.call("restore", str(file)).exit_code == 1


def test_a_job_that_somebody_changes_while_it_is_restored_stays_as_it_is(
    alone: Standalone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mine", "theirs"):
        said(alone, "job", "save", name, "--schedule", "@daily", "--command", "true")
    file = tmp_path / "jobs.json"
    said(alone, "backup", "--to", str(file))
    for name in ("mine", "theirs"):
        said(alone, "job", "save", name, "--command", "false")
    ask = Master.post_json

    def with_another(master: Master, path: str, value: object) -> Any:
        answer = ask(master, path, value)
        if path == "/api/v1/backup?check=1":
            ask(master, "/api/v1/jobs", {"name": "theirs", "command": "echo theirs"})
        return answer

    monkeypatch.setattr(Master, "post_json", with_another)
    result = alone.call("restore", str(file))
    assert result.exit_code == 1
    assert "restored: mine\n" in result.stdout
    assert "theirs stays as it is: it was changed meanwhile by somebody else\n" in result.stderr
    assert "1 job left alone; look, and restore again" in result.stderr
    assert "command: echo theirs" in said(alone, "job", "show", "theirs")
    for name in ("mine", "theirs"):
        said(alone, "job", "delete", name)


def test_a_surplus_job_that_somebody_changes_meanwhile_is_not_deleted(
    alone: Standalone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "jobs.json"
    said(alone, "backup", "--to", str(file))
    for name in ("mine", "theirs"):
        said(alone, "job", "save", name, "--schedule", "@daily", "--command", "true")
    ask = Master.post_json

    def with_another(master: Master, path: str, value: Any) -> Any:
        answer = ask(master, path, value)
        if path == "/api/v1/backup?check=1" and "surplus" in value:
            ask(master, "/api/v1/jobs", {"name": "theirs", "command": "echo theirs"})
        return answer

    monkeypatch.setattr(Master, "post_json", with_another)
    result = alone.call("restore", str(file), "--prune", "--yes")
    assert result.exit_code == 1
    assert "deleted: mine\n" in result.stdout
    assert "deleted: theirs" not in result.stdout
    assert "theirs stays as it is: it was changed meanwhile by somebody else\n" in result.stderr
    assert "command: echo theirs" in said(alone, "job", "show", "theirs")
    said(alone, "job", "delete", "theirs")


def test_what_is_no_backup_is_refused_in_a_sentence(alone: Standalone, tmp_path: Path) -> None:
    file = tmp_path / "jobs.json"
    said(alone, "backup", "--to", str(file))
    whole = file.read_text()
    head = json.loads(whole)
    broken = {
        "": "not valid JSON",
        whole[: len(whole) // 2]: "not valid JSON",
        json.dumps(head | {"jobs": ["x"]}): "is no backup: jobs is no list of objects",
        json.dumps(head | {"drains": 5}): "is no backup: drains is no list of objects",
        json.dumps(head | {"left": 5}): "is no backup: left is no list of objects",
        json.dumps({"jobs": []}): "fleetcron: is missing: this is no backup of fleetcron's",
        json.dumps(head | {"jobs": [{"command": "x"}]}): "jobs[1].name: is missing",
    }
    for text, sentence in broken.items():
        file.write_text(text)
        result = alone.call("restore", str(file), "--prune", "--yes")
        assert (result.exit_code, result.stdout) == (1, "")
        assert sentence in result.stderr


def test_retention_is_shown(alone: Standalone) -> None:
    lines = said(alone, "retention").splitlines()
    assert lines[0] == "records are kept: for ever; the audit: for ever"
    assert lines[1].startswith("kept by: ")
    assert lines[2].startswith("last pass: ")
    assert json.loads(said(alone, "retention", "-o", "json"))["rules"]["days"] == 0
