"""`search`, `stats` and `export` against a real master and worker."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import pytest

from tests.integration.standing_alone import Standalone


def said(alone: Standalone, *words: str) -> str:
    """What a command that works prints."""
    result = alone.call(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def ran(alone: Standalone) -> str:
    """A job of which one run went well and one failed."""
    for command in ("echo all is well", "echo the disk is FULL; exit 3"):
        said(alone, "job", "save", "found", "--schedule", "0 0 1 1 *", "--command", command)
        alone.call("job", "run", "found")
    return "found"


def test_records_are_searched_counted_and_exported(
    alone: Standalone, ran: str, tmp_path: Path
) -> None:
    lines = said(alone, "search", "--job", ran, "--limit", "2").splitlines()
    assert lines[0].split()[:4] == ["STARTED", "JOB", "OUTCOME", "TOOK"]
    assert [line.split()[4] for line in lines[1:]] == ["failed", "success"]
    first = alone.call("search", "--job", ran, "--limit", "1")
    place = first.stderr.partition("--after '")[2].partition("'")[0]
    (older,) = said(alone, "search", "--job", ran, "--limit", "1", "--after", place).splitlines()[
        1:
    ]
    assert older == lines[2]
    words = alone.call(
        "search", "--text", "full DISK", "--trigger", "manual", "--since", "2024-01-01"
    )
    assert len(words.stdout.splitlines()) == 2
    assert "looked at; these are all)" in words.stderr
    typo = alone.call("search", "--job", "tpyo")
    assert (typo.exit_code, typo.stderr) == (0, "(0; these are all; no job of that name now)\n")
    found = json.loads(said(alone, "search", "--longer", "1h", "--outcome", "failed", "-o", "json"))
    assert (found["records"], found["next"], found["complete"]) == ([], None, True)

    told = said(alone, "stats", ran).splitlines()
    assert told[0].startswith("found: 2 runs, ")
    assert told[1] == "success: 50.0 % (1 of 2)"
    assert json.loads(said(alone, "stats", ran, "-o", "json"))["success"] == 1
    assert alone.call("stats", "nobody").exit_code == 1

    exported = [json.loads(line) for line in said(alone, "export", "--job", ran).splitlines()]
    assert [record["output"] for record in exported] == ["the disk is FULL\n", "all is well\n"]
    path = tmp_path / "records.csv"
    said(alone, "export", "--job", ran, "--format", "csv", "--to", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open(newline="") as file:
        assert [row["exitCode"] for row in csv.DictReader(file)] == ["3", "0"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("search", "--outcome", "well"), "outcome: 'well' is none"),
        (("search", "--pattern", "("), "pattern: missing )"),
        (("search", "--since", "soon"), "since: 'soon' is neither ISO 8601"),
        (("search", "--longer", "long"), "'long' is no duration"),
        (("export", "--until", "-1"), "until: '-1' is neither"),
        (("stats", "a", "--since", "x"), "since: 'x' is neither"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    alone: Standalone, words: tuple[str, ...], sentence: str
) -> None:
    result = alone.call(*words)
    assert result.exit_code in (1, 2)
    assert sentence in result.output


def test_an_export_that_is_refused_leaves_no_file(alone: Standalone, tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    assert alone.call("export", "--outcome", "well", "--to", str(path)).exit_code == 1
    assert list(tmp_path.iterdir()) == []
