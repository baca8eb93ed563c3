"""What a run prints, as lines for the journal."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.job import Job
from worker.journal_output import MOST_LINES, PERIOD_MS, JournalOutput
from worker.journal_way import JournalWay
from worker.masks import Masks

JOB = Job("job", "true", "* * * * *")


class Way(JournalWay):
    """Takes all lines, as a journal that is quick enough."""

    def __init__(self) -> None:
        super().__init__("")
        self.lines: list[bytes] = []

    def send(self, job: bytes, run_id: bytes, message: bytes) -> bool:
        """Note the line."""
        self.lines.append(message)
        return True


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "journal"))
        made.settimeout(10)
        yield made


def output(way: JournalWay, *values: bytes) -> JournalOutput:
    return JournalOutput(way, JOB, "job@1", Masks(values))


def test_lines_that_the_journal_does_not_take_are_counted_and_logged(
    tmp_path: Path, journal: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    told = output(JournalWay(str(tmp_path / "journal")))
    told.take(b"line\n" * 5000, 0)
    told.finish()
    assert 0 < told.lost < 5000
    assert f"job=job run=job@1 {told.lost} lines did not get into the journal" in caplog.text


def test_a_journal_that_takes_nothing_is_not_asked_for_each_line() -> None:
    class Deaf(Way):
        def send(self, job: bytes, run_id: bytes, message: bytes) -> bool:
            super().send(job, run_id, message)
            return False

    way = Deaf()
    told = output(way)
    for _ in range(100):
        told.take(b"line\n" * 1000, 0)
    assert (len(way.lines), told.lost) == (MOST_LINES, 100_000)


def test_a_journal_that_is_not_there_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told = output(JournalWay(str(tmp_path / "none")))
    told.take(b"one\ntwo\n", 0)
    assert (told.lost, caplog.text.count("takes nothing")) == (2, 1)


def test_a_run_that_prints_without_end_tells_only_so_many_lines_in_so_long() -> None:
    way = Way()
    told = output(way)
    for ms in range(0, PERIOD_MS, 10):
        told.take(b"line\n" * 1000, ms)
    assert len(way.lines) == MOST_LINES
    told.take(b"again\n", PERIOD_MS)
    assert way.lines[-1] == b"again"
    assert told.lost == PERIOD_MS // 10 * 1000 - MOST_LINES


def test_a_text_of_more_lines_travels_with_its_length(
    tmp_path: Path, journal: socket.socket
) -> None:
    JournalWay(str(tmp_path / "journal")).send(b"a\nb", b"id", b"text")
    assert b"FLEETCRON_JOB\n\x03\0\0\0\0\0\0\0a\nb\nFLEETCRON_RUN_ID=id\n" in journal.recv(4096)


def test_a_secret_of_short_lines_is_hidden_wherever_the_reads_part_it() -> None:
    secret = b"ab\ncd\nef"
    text = b"x\n" + secret + b"\ny\n" + secret + b"\n"
    for cut in range(len(text)):
        way = Way()
        told = output(way, secret)
        told.take(text[:cut], 0)
        told.take(text[cut:], 0)
        told.finish()
        assert way.lines == [b"x", *[b"***"] * 3, b"y", *[b"***"] * 3], cut
