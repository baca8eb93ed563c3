"""What is kept of a command's output."""

import itertools
import random

import pytest

from worker.output import Output


def taken(chunks: list[bytes], head: int, tail: int) -> Output:
    output = Output(head, tail)
    for chunk in chunks:
        output.take(chunk)
    return output


def test_output_that_fits_is_kept_byte_for_byte() -> None:
    output = taken([b"one\n", b"", b"tw", b"o\n"], head=4, tail=4)
    assert output.kept().output == b"one\ntwo\n"
    assert (output.total, output.truncated) == (8, False)


def test_one_byte_more_than_fits_leaves_one_out_and_says_so() -> None:
    output = taken([b"abc\n", b"defgh"], head=4, tail=4)
    assert output.kept().output == b"abc\n... 1 bytes left out ...\nefgh"
    assert (output.total, output.truncated) == (9, True)


def test_the_line_about_the_gap_stands_on_a_line_of_its_own() -> None:
    assert (
        taken([b"abcdefgh"], head=3, tail=2).kept().output == b"abc\n... 3 bytes left out ...\ngh"
    )


def test_the_count_of_the_gap_and_what_is_kept_make_up_the_total() -> None:
    output = taken([b"x" * 1_000_003], head=100, tail=50)
    assert b"... 999853 bytes left out ..." in output.kept().output


@pytest.mark.parametrize(("head", "tail"), [(0, 0), (0, 7), (7, 0), (5, 5), (1, 64)])
def test_any_chunking_gives_the_same_head_and_tail(head: int, tail: int) -> None:
    rng = random.Random(head * 100 + tail)
    printed = bytes(rng.choice(b"abcdefgh\n") for _ in range(500))
    whole = taken([printed], head, tail).kept().output
    for _ in range(50):
        cuts = sorted(rng.sample(range(501), rng.randrange(40)))
        edges = [0, *cuts, 500]
        chunks = [printed[a:b] for a, b in itertools.pairwise(edges)]
        output = taken(chunks, head, tail)
        assert output.kept().output == whole
        assert output.total == 500
    assert whole.startswith(printed[:head])
    assert whole.endswith(printed[500 - tail :])


def test_a_cut_does_not_go_through_a_character() -> None:
    printed = "äöü€𝄞".encode() * 20
    for head, tail in itertools.product(range(12), range(12)):
        taken([printed], head, tail).kept().output.decode("utf-8", "strict")


def test_bytes_that_are_no_text_are_kept_too() -> None:
    printed = bytes(range(256)) * 4
    kept = taken([printed], head=600, tail=600).kept().output
    assert kept == printed
    assert taken([b"\x80" * 100], head=10, tail=10).truncated


def test_memory_stays_bounded_however_small_the_pieces() -> None:
    output = Output(100, 100)
    for _ in range(100_000):
        output.take(b"x")
    assert output.total == 100_000
    assert len(output._head) + len(output._tail) <= 300
