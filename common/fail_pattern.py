"""Patterns that mark a run as failed by its output: RE2's syntax, matched in linear time.

A pattern is meant for single lines: `^` and `$` are a line's ends, and nothing in it matches a
newline. Many lines are looked at in one call, which lets go of the interpreter.
"""

from __future__ import annotations

import functools
import re
from typing import Protocol

MAX_PATTERN_BYTES = 1024
_MEMORY_BYTES = 2 << 20
_BEYOND_A_LINE = re.compile(r"\\(?:(?P<anchor>[AzC])|.)|(?P<flags>\(\?[a-zA-Z]*-[a-zA-Z]*m)", re.S)

_NEWLINE = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|\Z)"
    r"|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]"
    r"|(?P<newline>\n|\\(?:\n|n|x0[aA]|x\{0*[aA]\}|012|12(?![0-7])))"
    r"|\\.",
    re.S,
)
"""A newline outside of a class of characters, which may well say what is not wanted."""


class Match(Protocol):
    """Where the pattern was found."""

    def start(self) -> int:
        """The offset in the bytes that were searched."""


class Pattern(Protocol):
    """A compiled pattern; may be used by many threads at once."""

    def search(self, text: bytes) -> Match | None:
        """The first place in whole lines where it matches."""


@functools.lru_cache(maxsize=256)
def compiled(pattern: str) -> Pattern:
    """The pattern, ready to search; ValueError, in a sentence, for one that cannot be used."""
    import re2  # only who has such a pattern pays for it

    for token in _BEYOND_A_LINE.finditer(pattern):
        if token["anchor"] or token["flags"]:
            raise ValueError(f"{token[0]} is not supported: a pattern is matched line by line")
    options = re2.Options()
    options.never_nl = True
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    try:
        made: Pattern = re2.compile("(?m)" + pattern, options)
        matches_nothing = made.search(b"") is not None
    except re2.error as error:
        raise ValueError(_reason(error, pattern)) from error
    if matches_nothing:
        raise ValueError("matches an empty line too, and so nearly any output")
    return made


def has_newline(pattern: str) -> bool:
    """Whether it asks for a newline, which no line has: as itself, or as RE2 writes it."""
    found = _NEWLINE.finditer(pattern)
    return any(token["newline"] or "\n" in (token["quoted"] or "") for token in found)


def _reason(error: Exception, pattern: str) -> str:
    said = error.args[0] if error.args else "no regular expression"
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return f"{text.replace('(?m)' + pattern, pattern)} (RE2 syntax)"
