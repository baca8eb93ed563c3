"""For which records `on_failure_command` was started, as a later life knows it."""

from pathlib import Path

import pytest

from worker import telling_notes
from worker.telling_notes import TellingNotes


def test_what_one_life_noted_the_next_one_knows(tmp_path: Path) -> None:
    notes = TellingNotes(tmp_path / "told")
    assert notes.known == {}
    notes.add("a@1", "failed")
    notes.add("\u5099 \n@1", "lost")
    notes.add("a@1", "timeout")
    assert TellingNotes(tmp_path / "told").known == {"a@1": "timeout", "\u5099 \n@1": "lost"}
    assert (tmp_path / "told").stat().st_mode & 0o777 == 0o600


def test_a_line_that_was_torn_loses_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "told"
    for cut in range(1, 8):
        notes = TellingNotes(path)
        notes.add(f"a@{cut}", "failed")
        path.write_bytes(path.read_bytes()[:-cut])
        notes.add(f"b@{cut}", "failed")
    assert list(TellingNotes(path).known) == [f"b@{cut}" for cut in range(1, 8)]


def test_only_the_last_are_kept_and_the_file_does_not_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "told"
    monkeypatch.setattr(telling_notes, "KEPT", 10)
    monkeypatch.setattr("worker.recent.KEPT", 10)
    for life in range(10):
        notes = TellingNotes(path)
        for number in range(7):
            notes.add(f"a@{life}{number}", "failed")
        assert len(path.read_bytes().split()) <= 2 * 2 * 10
    last = [f"a@8{n}" for n in range(4, 7)] + [f"a@9{n}" for n in range(7)]
    assert list(TellingNotes(path).known) == last


def test_a_file_that_cannot_be_written_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notes = TellingNotes(tmp_path / "missing" / "told")
    for number in range(3):
        notes.add(f"a@{number}", "failed")
    assert caplog.text.count("cannot be written") == 1
    assert len(notes.known) == 3
