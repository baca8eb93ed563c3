"""Patterns that ask for a newline: found by reading them, and never found in an output."""

import pytest

from common.fail_pattern import compiled, has_newline


@pytest.mark.parametrize(
    "pattern",
    [
        "a\nb", r"a\nb", r"a\x0ab", r"a\x{0A}b", r"a\012b", r"a\12b", "a\\\nb", "\\Qa\nb",
        "\\Qa\nb\\E", r"[x]\nb", r"a[]]?\nb",
    ],
)  # fmt: skip
def test_a_newline_is_seen_and_found_nowhere(pattern: str) -> None:
    assert has_newline(pattern)
    assert compiled(pattern).search(b"a\nb]\nbx\nb\n") is None


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"a[^\n]b", b"a b"),
        (r"a[^]\n]b", b"a b"),
        (r"a[[:^alpha:]\n]b", b"a b"),
        (r"a\\nb", rb"a\nb"),
        (r"\Qa\nb\E", rb"a\nb"),
        (r"\[a\]\x{a0}?", b"[a]"),
        (r"a\123", b"aS"),
        (r"^ERROR$", b"x\nERROR\n"),
    ],
)
def test_what_only_looks_like_one_is_found(pattern: str, text: bytes) -> None:
    assert not has_newline(pattern)
    assert compiled(pattern).search(text)
