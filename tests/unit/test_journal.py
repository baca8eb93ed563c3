"""What a worker leaves on disk for its next life, and what that makes of it."""

import json
import os
import resource
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from common.boot import boot_id
from worker.journal import FILE, LONG_BYTES, Journal
from worker.journal_lines import Noted
from worker.process_stat import start_ticks
from worker.state import FILE as STATE
from worker.state import StateFile

ME = "10.0.0.1"


def noted(number: int, grace: float = 5.0) -> Noted:
    """A run that was handed out."""
    return Noted(f"a@{number}", "a", f"{ME}.12345678", number, grace)


def left(directory: Path, worker: str = ME) -> dict[str, Noted]:
    """What the next life finds."""
    journal = Journal(directory, worker)
    journal.close()
    return dict(journal.former)


def test_the_next_life_finds_the_runs_that_were_out(tmp_path: Path) -> None:
    journal = Journal(tmp_path, ME)
    assert journal.former == {}
    for number in range(3):
        journal.given(noted(number, 0.5))
    journal.started("a@1", os.getpid(), 1234)
    journal.over(["a@0", "nobody@1"])
    journal.close()
    found = left(tmp_path)
    assert found["a@2"] == noted(2, 0.5)
    assert (found["a@1"].pid, found["a@1"].start_ms) == (os.getpid(), 1234)
    assert found["a@1"].ticks == start_ticks(os.getpid()) > 0
    assert set(found) == {"a@1", "a@2"}


def test_a_run_stays_in_the_journal_for_as_many_lives_as_it_is_not_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path, ME)
    journal.given(noted(1))
    journal.close()
    assert set(left(tmp_path)) == {"a@1"}
    second = Journal(tmp_path, ME)
    second.over(["a@1"])
    second.close()
    assert left(tmp_path) == {}


@pytest.mark.parametrize("torn", [b'{"given": "a@9", "jo', b"\xff\xfe", b"{"])
def test_a_torn_last_line_is_nothing_special(
    tmp_path: Path, torn: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(tmp_path, ME)
    journal.given(noted(1))
    journal.close()
    with open(tmp_path / FILE, "ab") as file:
        file.write(torn)
    assert set(left(tmp_path)) == {"a@1"}
    assert caplog.text == ""


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"[]",
        b'{"given": "a@9"}',
        b'{"over": 7}',
        b'{"started": "b@1"}',
        b"\xff",
        b'{"given": "a@9", "job": "a", "incarnation": "i", "fence": 1e999, "grace": 1}',
        b'{"given": "a@9", "job": "a", "incarnation": "i", "fence": 1, "grace": 1e999}',
        b'{"started": "a@1", "pid": 1, "ticks": 2, "at": 1e30}',
    ],
)
def test_a_malformed_line_is_said_and_the_others_count(
    tmp_path: Path, line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(tmp_path, ME)
    journal.given(noted(1))
    journal.close()
    with open(tmp_path / FILE, "ab") as file:
        file.write(line + b"\n")
    again = Journal(tmp_path, ME)
    again.given(noted(2))
    again.close()
    assert caplog.text.count("has 1 malformed line: a run of the former life that it does not") == 1
    assert set(left(tmp_path)) == {"a@1", "a@2"}
    assert caplog.text.count("has 1 malformed line") == 1


def test_a_journal_of_another_boot_explains_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path, ME)
    journal.given(noted(1))
    journal.close()
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes().replace(boot_id().encode(), b"another"))
    assert left(tmp_path) == {}


def test_what_was_copied_from_another_directory_is_said_and_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place, copy = tmp_path / "first", tmp_path / "copy"
    place.mkdir()
    journal = Journal(place, ME)
    journal.given(noted(1))
    journal.close()
    StateFile(place, ME).write("me.1", 77)
    shutil.copytree(place, copy)
    assert left(copy) == {}
    assert StateFile(copy, ME).read() is None
    assert caplog.text.count("is a copy of another directory's") == 2
    place.rename(tmp_path / "moved")
    assert set(left(tmp_path / "moved")) == {"a@1"}
    assert StateFile(tmp_path / "moved", ME).read()


def test_a_journal_of_another_worker_is_set_aside(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "../10.0.0.2:x")
    journal.given(noted(1))
    journal.close()
    before = (tmp_path / FILE).read_bytes()
    assert left(tmp_path) == {}
    assert (tmp_path / f"{FILE}.of-.._10.0.0.2:x").read_bytes() == before


def test_a_journal_does_not_grow_with_the_runs_that_are_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path, ME)
    journal.given(noted(0))
    for number in range(1, 2 * LONG_BYTES // 100):
        journal.given(noted(number))
        journal.over([f"a@{number}"])
        assert (tmp_path / FILE).stat().st_size < LONG_BYTES + 1000
    journal.close()
    assert set(left(tmp_path)) == {"a@0"}


def test_a_disk_that_takes_nothing_stops_no_run_and_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "gone"
    journal = Journal(place, ME)
    for number in range(3):
        journal.given(noted(number))
    assert caplog.text.count("cannot be written") == 1
    place.mkdir()
    journal.given(noted(3))
    journal.close()


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """Let every write beyond so many bytes of a file fail, as on a full disk (EFBIG)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_journal_is_whole_again_once_the_disk_takes_something(tmp_path: Path) -> None:
    journal = Journal(tmp_path, ME)
    with no_file_over((tmp_path / FILE).stat().st_size):
        journal.given(noted(1))
        StateFile(tmp_path, ME).write("me.1" * 100, 77)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    journal.given(noted(2))
    journal.close()
    assert set(left(tmp_path)) == {"a@1", "a@2"}


def test_an_incarnation_is_found_by_the_next_life_of_its_worker_alone(tmp_path: Path) -> None:
    StateFile(tmp_path, ME).write("me.1", 77)
    state = StateFile(tmp_path, ME).read()
    assert state
    assert (state.incarnation, state.lease, state.boot) == ("me.1", 77, boot_id())
    assert stat.S_IMODE((tmp_path / STATE).stat().st_mode) == 0o600
    StateFile(tmp_path, ME).remove()
    assert StateFile(tmp_path, ME).read() is None
    assert list(tmp_path.iterdir()) == []


def test_an_incarnation_of_another_worker_is_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    StateFile(tmp_path, "10.0.0.2").write("other.1", 77)
    assert StateFile(tmp_path, ME).read() is None
    assert StateFile(tmp_path, ME).read() is None
    assert caplog.text.count("is of worker 10.0.0.2: set aside") == 1
    assert json.loads((tmp_path / f"{STATE}.of-10.0.0.2").read_text())["lease"] == 77


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b'{"worker": "10.0.0.1", "incarnation": "me.1", "lease": "77", "boot": "b", "place": "p"}',
        b'{"worker": "10.0.0.1", "incarnation": "me.1", "lease": true, "boot": "b", "place": "p"}',
        b'{"worker": "10.0.0.1", "incarnation": "me.1", "lease": 1e999, "boot": "b", "place": "p"}',
        b'{"worker": "10.0.0.1", "incarnation": "me.1", "lease": %d, "boot": "b", "place": "p"}'
        % 2**63,
        b'{"worker": "10.0.0.1", "incarnation": "\\ud800", "lease": 77, "boot": "b", "place": "p"}',
        b'{"worker": "10.0.0.1", "incarnation": "", "lease": 77, "boot": "b", "place": "p"}',
        b"\xff\xfe",
    ],
)
def test_an_incarnation_that_was_not_written_whole_is_said_and_not_used(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / STATE).write_bytes(content)
    assert StateFile(tmp_path, ME).read() is None
    assert caplog.text.count("cannot be used") == 1
    assert "this life begins a new incarnation" in caplog.text


def test_an_incarnation_of_another_boot_is_not_used(tmp_path: Path) -> None:
    StateFile(tmp_path, ME).write("me.1", 77)
    path = tmp_path / STATE
    path.write_text(path.read_text().replace(boot_id(), "another"))
    assert StateFile(tmp_path, ME).read() is None
