"""What of a followed run's output is told: all of it in order, or the newest, and no secret."""

import random

import pytest

from worker.live_tap import BYTES_PER_SECOND, LEFT_PENDING, MOST_PENDING, Part, Tap
from worker.masks import Masks
from worker.output import Output

SECRET = b"hunter2-and-more"


class Viewer:
    """A tap, and what it told."""

    def __init__(
        self, masks: Masks | None = None, head: bytes = b"", tail_start: int = 0, tail: bytes = b""
    ) -> None:
        self.woken = 0
        self.parts: list[Part] = []
        self.tap = Tap(masks or Masks(), head, tail_start, tail, self._wake)
        self.at = max(len(head), tail_start + len(tail))
        self.now = 1000.0

    def _wake(self) -> None:
        self.woken += 1

    def take(self, printed: bytes) -> None:
        """The run prints."""
        self.tap.take(self.at, printed)
        self.at += len(printed)

    def tell(self, seconds: float = 1.0, last: bool = False) -> bytes:
        """What is told after so long."""
        before = len(self.parts)
        self.now += seconds
        self.tap.tell(self.parts.append, self.now, last)
        return b"".join(part.output for part in self.parts[before:])

    @property
    def shown(self) -> bytes:
        """All that was told."""
        return b"".join(part.output for part in self.parts)

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """What was not told, from byte to byte."""
        ends = [0, *(part.end for part in self.parts)]
        starts = [*(part.start for part in self.parts), self.at]
        return [(end, start) for end, start in zip(ends, starts, strict=True) if end != start]


def test_what_is_printed_is_told_in_order_once() -> None:
    viewer = Viewer(head=b"before\n")
    assert viewer.tell() == b"before\n"
    viewer.take(b"one\n")
    viewer.take(b"two\n")
    assert viewer.tell() == b"one\ntwo\n"
    assert viewer.tell() == b""
    assert [(part.start, part.end) for part in viewer.parts] == [(0, 7), (7, 15)]


def test_that_it_is_followed_is_told_before_it_printed_anything() -> None:
    viewer = Viewer()
    viewer.tell()
    viewer.tell()
    assert viewer.parts == [Part(0, 0, b"")]
    assert viewer.tap.is_empty


def test_who_tells_it_is_woken_once_for_what_waits() -> None:
    viewer = Viewer()
    viewer.take(b"a")
    viewer.take(b"b")
    assert viewer.woken == 1
    viewer.tell()
    viewer.take(b"c")
    assert viewer.woken == 2


def test_a_character_is_told_whole() -> None:
    viewer = Viewer()
    euro = "€".encode()
    viewer.take(b"1" + euro[:1])
    assert viewer.tell() == b"1"
    viewer.take(euro[1:])
    assert viewer.tell() == euro
    viewer.take(euro[:2])
    assert viewer.tell(last=True) == euro[:2]


def test_a_secret_is_hidden_however_it_is_cut_into_reads() -> None:
    for seed in range(200):
        rng = random.Random(seed)
        viewer = Viewer(Masks([SECRET, b"other\nlines-of-it\n"]))
        text = b"a %b b %b.%b c lines-of-it d\n" % (SECRET, SECRET, SECRET) * 3
        while text:
            size = rng.randint(1, 12)
            viewer.take(text[:size])
            text = text[size:]
            if rng.random() < 0.5:
                viewer.tell()
        viewer.tell(last=True)
        assert viewer.shown == b"a *** b ***.*** c *** d\n" * 3, seed


def test_what_may_begin_a_secret_waits_until_it_is_decided() -> None:
    viewer = Viewer(Masks([SECRET]))
    viewer.take(b"x " + SECRET[:8])
    assert viewer.tell() == b"x "
    assert not viewer.tap.is_empty
    viewer.take(b"?\n")
    assert viewer.tell() == SECRET[:8] + b"?\n"
    viewer.take(SECRET[:3])
    assert viewer.tell() == b""
    assert viewer.tell(last=True) == SECRET[:3]


@pytest.mark.parametrize("cut", range(1, len(SECRET)))
def test_the_rest_of_a_secret_behind_a_gap_is_hidden(cut: int) -> None:
    viewer = Viewer(Masks([SECRET]), b"head " + SECRET[:cut], 1000, SECRET[cut:] + b" tail\n")
    assert viewer.tell() == b"head ****** tail\n"
    assert viewer.gaps == [(5 + cut, 1000)]


def test_a_secret_longer_than_all_that_may_wait_is_hidden_too() -> None:
    secret = bytes(random.Random(1).choices(b"abcdefgh", k=3 * MOST_PENDING))
    viewer = Viewer(Masks([secret]))
    for start in range(0, len(secret), 10_000):
        viewer.take(secret[start : start + 10_000])
        viewer.tell(0.25)
    viewer.take(b" end\n")
    viewer.tell()
    viewer.tell(last=True)
    assert viewer.shown.endswith(b" end\n")
    assert set(viewer.shown.removesuffix(b" end\n")) <= set(b"*")


def test_one_that_prints_faster_than_may_be_told_shows_its_newest() -> None:
    viewer = Viewer()
    viewer.tell()
    for number in range(400):
        viewer.take(b"%09d\n" % number * 1000)
        viewer.tell(0.1)
    told = len(viewer.shown)
    assert told <= 40 * BYTES_PER_SECOND + 4 * MOST_PENDING
    assert told > 30 * BYTES_PER_SECOND
    viewer.tell(last=True)
    assert viewer.shown.endswith(b"000000399\n")
    assert sum(end - start for start, end in viewer.gaps) == viewer.at - len(viewer.shown)


def test_what_waits_stays_bounded() -> None:
    viewer = Viewer(head=b"h" * MOST_PENDING, tail_start=10**6, tail=b"t" * MOST_PENDING)
    for _ in range(100):
        viewer.take(b"x" * 65536)
    viewer.tell(last=True)
    assert len(viewer.shown) <= 3 * MOST_PENDING
    assert viewer.parts[-1].end - viewer.parts[-1].start >= LEFT_PENDING


def test_what_was_kept_before_is_told_at_once_and_whole() -> None:
    viewer = Viewer(head=b"h" * 65536, tail_start=10**6, tail=b"t" * 65536)
    viewer.take(b"new\n")
    assert viewer.tell() == b"h" * 65536 + b"t" * 65536 + b"new\n"
    assert viewer.gaps == [(65536, 10**6)]


@pytest.mark.parametrize("total", [0, 1, 50, 100, 101, 150, 1000, 10_000])
def test_what_a_run_has_printed_is_shown_from_its_beginning_and_its_end(total: int) -> None:
    printed = bytes(random.Random(total).choices(b"abc\n", k=total))
    output = Output(60, 40)
    output.take(printed[:7])
    output.take(printed[7:])
    head, tail = output.shown(50, 30)
    assert head == printed[:50]
    assert tail == printed[max(50, total - 30) :]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_rest_of_a_secret_behind_a_gap_is_hidden_however_slowly_it_comes(size: int) -> None:
    text = SECRET[2:] + b" tail\n"
    viewer = Viewer(Masks([SECRET]), b"head ", 1000, text[:size])
    viewer.tell()
    viewer.at = 1000 + size
    for start in range(size, len(text), size):
        viewer.take(text[start : start + size])
        viewer.tell()
    viewer.tell(last=True)
    assert viewer.shown.replace(b"*", b"") == b"head  tail\n"
