"""What a run prints, as lines for the journal."""

import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.job import Job
from worker import journal_output
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


def some_secrets(rng: random.Random) -> list[bytes]:
    """Values of several lines, short ones among them; none of their bytes is in `others`."""
    sizes = [rng.choice((5, 9, 20, 40)) for _ in range(rng.choice((1, 2, 3)))]
    found = (bytes(rng.choices(b"abcdef\n", weights=[4] * 6 + [3], k=size)) for size in sizes)
    return [value for value in found if len(value.strip()) > 3] or [b"abcdef"]


def others(rng: random.Random) -> bytes:
    """What is no secret."""
    return rng.choice([b"xyz\n", b"x" * rng.randrange(30), b"\n"])


def reads(rng: random.Random, text: bytes) -> Iterator[bytes]:
    """The text as it may come."""
    while text:
        size = rng.choice((1, 3, 10, 40))
        yield text[:size]
        text = text[size:]


def test_long_lines_hide_in_pieces_what_they_hide_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal_output, "LONGEST_LINE_BYTES", 16)
    rng = random.Random(3)
    for _ in range(500):
        values = some_secrets(rng)
        whole = [rng.choice(values)[: rng.choice((2, 5, 99))] + others(rng) for _ in range(9)]
        text, way = b"".join(whole), Way()
        told = output(way, *values)
        for printed in reads(rng, text):
            told.take(printed, 0)
        told.finish()
        hidden = Masks(values).hide(text).replace(b"\n", b"")
        # A piece begins anew what is hidden where it is cut, as a line does.
        shown = b"".join(way.lines)
        for stars in range(9, 1, -1):
            hidden, shown = (each.replace(b"***" * stars, b"***") for each in (hidden, shown))
        assert shown == hidden, (values, text, way.lines)


def test_the_last_short_line_of_a_secret_is_hidden_behind_a_long_one() -> None:
    secret = b"s" * 30_000 + b"\nab"
    way = Way()
    told = output(way, secret)
    for printed in (b"x" * 10_000 + secret, b" ", b"is one\nnext\n"):
        told.take(printed, 0)
    assert way.lines[-2:] == [b"*** is one", b"next"]
    assert set(b"".join(way.lines[:-2])) == set(b"x*")


def test_no_secret_is_told_after_lines_that_were_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_output, "LONGEST_LINE_BYTES", 16)
    monkeypatch.setattr(journal_output, "MOST_LINES", 3)
    rng, lost = random.Random(4), 0
    for _ in range(500):
        values, way = some_secrets(rng), Way()
        told = output(way, *values)
        text = b"".join(rng.choice([*values, others(rng)]) for _ in range(20))
        for turn, printed in enumerate(reads(rng, text)):
            told.take(printed, turn * PERIOD_MS // 7)
        told.finish()
        assert not set(b"".join(way.lines)) & set(b"abcdef"), (values, text, way.lines)
        lost += told.lost
    assert lost > 500
