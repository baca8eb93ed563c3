"""What runs print, through a whole fleetcron: secrets are nowhere, lines have times."""

import json
from pathlib import Path

import psutil
import pytest

from tests.integration.standing_alone import Standalone

VALUE = "wh4t-n0body-m4y-see"
NEVER = "0 0 1 1 * 2099"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    made = tmp_path / "secrets"
    made.mkdir(0o700)
    (made / "token").touch(0o600)
    (made / "token").write_text(VALUE + "\n")
    return made


def holding(value: bytes, *places: Path) -> list[Path]:
    """The files below these places that hold the value."""
    files = [file for place in places for file in (place.rglob("*") if place.is_dir() else [place])]
    return [file for file in files if file.is_file() and value in file.read_bytes()]


def processes(root: int) -> list[psutil.Process]:
    own = psutil.Process(root)
    return [own, *own.children(recursive=True)]


def test_a_secret_is_in_no_file_of_ours_and_in_nothing_that_proc_shows(
    tmp_path: Path, secrets: Path
) -> None:
    alone = Standalone(tmp_path / "data", "--secrets", str(secrets), "--log-level", "debug")
    script = (
        'read -r value < "$FLEETCRON_SECRETS/token"; echo "<$value>"; echo "$value" >&2;'
        ' for i in 1 2 3 4 5 6 7 8 9; do printf %s "$value"; done; echo "ERROR: $value"; sleep 0.2'
    )
    job = {
        "name": "teller", "command": script, "cronExpr": NEVER, "secrets": ["token"],
        "failPattern": "^.*ERROR", "outputHeadBytes": 70, "outputTailBytes": 70, "journal": True,
    }  # fmt: skip
    try:
        alone.start()
        saved = alone.call("job", "save", "--file", "-", given=json.dumps(job))
        assert saved.exit_code == 0, saved.output
        ran = alone.call("job", "run", "teller")
        told = alone.call("job", "log", "teller", "-o", "json").output
        seen = [
            Path(f"/proc/{process.pid}/{file}").read_bytes()
            for process in processes(alone.child.pid)
            for file in ("environ", "cmdline")
        ]
    finally:
        alone.child.stop()
    (record,) = json.loads(told)
    assert record["outcome"] == "failed"
    assert record["err"].startswith("line 3 of its output matches failPattern: ")
    assert "***" in record["output"]
    assert VALUE not in ran.output + told
    assert not any(VALUE.encode() in each for each in seen)
    assert holding(VALUE.encode(), alone.data, alone.child.log) == []


def test_the_command_line_shows_the_time_of_each_line(tmp_path: Path) -> None:
    alone = Standalone(tmp_path / "data")
    try:
        alone.start()
        job = (
            "job",
            "save",
            "lines",
            "--schedule",
            NEVER,
            "--command",
            "echo a; sleep 0.3; echo b; exit 3",
        )
        assert alone.call(*job, "--set", "successExitCodes=[3]").exit_code == 0
        assert alone.call("job", "run", "lines").exit_code == 0
        shown = alone.call("job", "log", "lines", "--times").output.splitlines()
    finally:
        alone.child.stop()
    assert [line[-3:] for line in shown[1:]] == ["  a", "  b"]
    first, second = (line[11:23] for line in shown[1:])
    assert first < second or first[:2] == "23"


def test_a_save_that_brings_a_bad_field_is_refused(tmp_path: Path) -> None:
    alone = Standalone(tmp_path / "data")
    bad = (
        ("failPattern=(", "failPattern: missing )"),
        ('secrets=["../etc"]', "secrets: '../etc' is not a plain file name"),
        ("successExitCodes=[]", "successExitCodes: expected 1 to 64 exit codes"),
    )
    try:
        alone.start()
        for field, why in bad:
            save = ("job", "save", "a", "--schedule", NEVER, "--command", "true", "--set", field)
            refused = alone.call(*save)
            assert refused.exit_code == 1
            assert why in refused.output
    finally:
        alone.child.stop()
