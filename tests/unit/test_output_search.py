"""Looking for a pattern in all lines that a command prints."""

import itertools
import random
import re

import pytest

from common.fail_pattern import compiled
from worker.output_search import LONGEST_LINE_BYTES, Found, Search


def found(pattern: str, *chunks: bytes) -> Found | None:
    search = Search(pattern)
    for chunk in chunks:
        search.take(chunk)
    return search.finish()


def test_the_first_line_that_matches_is_told_with_its_number() -> None:
    said = found("ERROR", b"fine\nan ERR", b"OR here\nERROR again\n")
    assert said == Found(2, b"an ERROR here", False, False)


def test_a_last_line_without_its_end_counts() -> None:
    assert found("ERROR$", b"a\nERR", b"OR") == Found(2, b"ERROR", False, False)


def test_an_anchor_is_a_lines_and_no_match_goes_over_a_line_end() -> None:
    assert found("^b$", b"a\nb\nc\n") is not None
    assert found(r"a\sb", b"a\nb\n") is None
    assert found("a[^x]b", b"a\nb\n") is None
    assert found("^b", b"ab") is None


def test_a_line_may_end_with_carriage_return_and_line_feed() -> None:
    assert found("ERROR$", b"fine\r\na ERROR\r", b"\nfine\r\n") == Found(
        2, b"a ERROR", False, False
    )
    assert found("ERROR$", b"a ERROR\rb\r\n") is None
    assert found("^a.$", b"a\r\n") is None


def test_bytes_that_are_no_text_do_not_matter() -> None:
    assert found("ERROR", b"\xff\x00\xfe ERROR\xff\n") is not None


def test_of_a_long_line_what_is_near_the_match_is_told() -> None:
    said = found("ERROR", b"x" * 500 + b"ERROR" + b"y" * 500 + b"\n")
    assert said is not None
    assert said.excerpt.startswith(b"x" * 40 + b"ERROR")
    assert (said.line, said.cut_start, said.cut_end, len(said.excerpt)) == (1, True, True, 200)


def test_an_endless_line_is_looked_at_in_pieces_and_not_kept() -> None:
    search = Search("ERROR")
    for _ in range(100):
        search.take(b"x" * 9000)
        assert len(search._rest) < LONGEST_LINE_BYTES
    search.take(b"ERROR")
    said = search.finish()
    assert said is not None
    assert (said.line, said.cut_start) == (1, True)


def test_any_chunking_finds_the_same_line() -> None:
    rng = random.Random(3)
    for _ in range(300):
        printed = bytes(rng.choice(b"aab\n") for _ in range(60))
        expected = next(
            (n for n, line in enumerate(printed.split(b"\n"), 1) if re.search(b"^ab+$", line)), None
        )
        cuts = sorted(rng.sample(range(60), rng.randrange(10)))
        chunks = [printed[low:high] for low, high in itertools.pairwise([0, *cuts, 60])]
        said = found("^ab+$", *chunks)
        assert (said.line if said else None) == expected


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", r"missing \): \( \(RE2 syntax\)"),
        (r"(a)\1", "invalid escape sequence"),
        ("(?=x)", "invalid perl operator"),
        (r"\Aa", "line by line"),
        (r"a\z", "line by line"),
        ("(?i-m)^a", "line by line"),
        ("(x{900}){900}", "invalid repetition"),
        (r"\pL{900}", "too large"),
        ("x*", "an empty line too"),
        ("ERROR|", "an empty line too"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        compiled(pattern)


def test_an_escaped_backslash_before_a_letter_is_no_anchor() -> None:
    assert compiled(r"\\A").search(rb"\A") is not None


def test_a_pattern_that_would_take_others_for_ever_takes_no_time() -> None:
    assert found("(a+)+$", b"a" * 200_000 + b"b\n") is None
