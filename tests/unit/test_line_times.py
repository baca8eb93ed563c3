"""When the lines of an output were printed: how it is noted, kept in bounds, said and read."""

import random

import pytest

from common.line_times import decode, encode
from worker.output import Output
from worker.read_marks import MOST_MARKS, Marks


def timed(*reads: tuple[bytes, int], head: int = 1000, tail: int = 1000) -> Output:
    output = Output(head, tail)
    for printed, ms in reads:
        output.take(printed, ms)
    return output


def lines_of(output: Output) -> list[tuple[bytes, int]]:
    """Each kept line and its time; there are as many times as lines."""
    kept = output.kept()
    lines = kept.output.splitlines(keepends=True)
    return list(zip(lines, decode(kept.line_times), strict=True))


def test_nothing_printed_has_no_times() -> None:
    assert timed().kept().line_times == ""


def test_lines_that_were_read_at_once_are_one_entry() -> None:
    assert (
        timed((b"a\nb\nc\n", 0), (b"d\n", 120), (b"e\nf", 125)).kept().line_times == "0*3,120*1,5*2"
    )


def test_a_line_has_the_time_at_which_it_was_begun() -> None:
    output = timed((b"wor", 7), (b"king", 400), (b"\n", 900), (b"done\n", 950))
    assert lines_of(output) == [(b"working\n", 7), (b"done\n", 950)]


def test_the_line_about_the_gap_is_a_line_and_as_old_as_what_follows_it() -> None:
    output = timed((b"1\n2\n", 3), (b"x" * 50, 40), (b"8\n9\n", 60), head=4, tail=4)
    times = lines_of(output)
    assert times[:2] == [(b"1\n", 3), (b"2\n", 3)]
    assert times[2][0].endswith(b"bytes left out ...\n")
    assert times[2:] == [(times[2][0], 60), (b"8\n", 60), (b"9\n", 60)]


@pytest.mark.parametrize(("head", "tail"), [(0, 0), (0, 9), (9, 0), (5, 5), (40, 40), (999, 999)])
def test_every_kept_line_has_the_time_of_the_read_that_began_it(head: int, tail: int) -> None:
    rng = random.Random(head + 31 * tail)
    for _ in range(200):
        reads, when = [], []
        for ms in sorted(rng.sample(range(1000), rng.randrange(1, 30))):
            printed = bytes(rng.choice(b"ab\n") for _ in range(rng.randrange(1, 12)))
            reads.append((printed, ms))
            when += [ms] * len(printed)
        whole = b"".join(printed for printed, _ in reads)
        output = timed(*reads, head=head, tail=tail)
        told = lines_of(output)
        if not output.truncated:
            begins = [at for at in range(len(whole)) if at == 0 or whole[at - 1 : at] == b"\n"]
            assert [ms for _, ms in told] == [when[at] for at in begins]
            continue
        gap = next(place for place, (line, _) in enumerate(told) if b"left out" in line)
        assert [ms for _, ms in told[:gap]] == [
            when[at] for at in range(head) if at == 0 or whole[at - 1 : at] == b"\n"
        ]
        start = len(whole) - tail
        assert [ms for _, ms in told[gap + 1 :]] == [
            when[at]
            for at in range(start, len(whole))
            if at == start or whole[at - 1 : at] == b"\n"
        ]


def test_very_many_reads_are_noted_more_coarsely_and_not_without_bound() -> None:
    output = Output(1 << 20, 1 << 20)
    for ms in range(300_000):
        output.take(b"tick %08d\n" % ms, ms)
    assert max(len(output._head_marks._times), len(output._tail_marks._times)) <= MOST_MARKS
    told = lines_of(output)
    times = [ms for _, ms in told]
    assert times == sorted(times)
    ticks = [(line, ms) for line, ms in told if line.startswith(b"tick ") and len(line) == 14]
    late = [ms - int(line[5:13]) for line, ms in ticks]
    lines_of_a_part = (1 << 21) // 14
    assert max(late) == 0
    assert min(late) >= -8 * lines_of_a_part // MOST_MARKS
    assert len(output.kept().line_times) < 20 * MOST_MARKS


def test_what_is_not_kept_is_not_noted() -> None:
    output = Output(10, 10)
    for ms in range(10_000):
        output.take(b"%05d\n" % ms, ms)
    assert len(output._tail_marks._times) <= 5


def test_a_time_that_falls_counts_as_that_before_it() -> None:
    assert encode([(5, 1), (3, 2), (9, 0), (9, 1)]) == "5*3,4*1"


@pytest.mark.parametrize("text", ["", "x", "1*", "*2", "1*2 3*4", "-1*2", "9" * 30 + "*1"])
def test_text_that_says_no_times_gives_none(text: str) -> None:
    assert list(decode(text)) == []


def test_times_are_read_up_to_what_is_no_entry() -> None:
    assert list(decode("1*2,3*1,?")) == [1, 1, 4]


def test_marks_that_are_forgotten_leave_the_one_that_still_holds() -> None:
    marks = Marks()
    for offset, ms in ((0, 1), (10, 2), (20, 3)):
        marks.add(offset, ms)
    marks.forget(15)
    assert marks.begun(b"a\nb\nc\nd\n", 15) == [(2, 3), (3, 1)]
