"""What hides secrets in a command's output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MASK = b"***"
LEAST_BYTES = 4
"""A shorter value or line is not hidden: it would be found everywhere."""


class Masks:
    """Hides values, and each line of them, in bytes.

    Blanks around a value or line are not part of what is hidden. Line ends stay, so that a text
    has as many lines as before.
    """

    def __init__(self, values: Iterable[bytes] = ()) -> None:
        found = {part.strip() for value in values for part in (value, *value.splitlines())}
        self._needles = sorted(part for part in found if len(part) >= LEAST_BYTES)

    def __len__(self) -> int:
        """How many texts are looked for; none cost nothing."""
        return len(self._needles)

    def hide(self, text: bytes, cut_start: bool = False, cut_end: bool = False) -> bytes:
        """The text with `***` for all that is secret.

        Where it was cut out of a longer text, what may be the rest of a secret at that edge is
        hidden too; so is half of one at an end that was not cut, if that is long enough to tell.
        """
        if not self._needles or not text:
            return text
        spans = [span for needle in self._needles for span in _found(text, needle)]
        if cut_start and any(text in needle for needle in self._needles):
            spans.append((0, len(text)))
        elif cut_start:
            spans.append((0, max(_rest_of(text, needle) for needle in self._needles)))
        begun = self.begun(text)
        if cut_end or begun >= LEAST_BYTES:
            spans.append((len(text) - begun, len(text)))
        return _masked(text, spans)

    def clear_end(self, text: bytes) -> int:
        """The greatest end of a line up to which no secret goes, or may go, beyond it."""
        end = text.rfind(b"\n", 0, len(text) - self.begun(text)) + 1
        spans = [span for needle in self._needles for span in _found(text, needle)]
        for low, high in reversed(list(_joined(spans))):
            if low < end < high:
                end = text.rfind(b"\n", 0, low) + 1
        return end

    def begun(self, text: bytes) -> int:
        """How many bytes at the end may be the beginning of a secret that goes on behind it."""
        return max((_begun(text, needle) for needle in self._needles), default=0)


def _found(text: bytes, needle: bytes) -> Iterator[tuple[int, int]]:
    place = text.find(needle)
    while place >= 0:
        yield place, place + len(needle)
        place = text.find(needle, place + 1)


def _begun(text: bytes, needle: bytes) -> int:
    """The length of the longest end of `text` that is a true beginning of `needle`."""
    least = max(0, len(text) - len(needle) + 1)
    place = text.find(needle[:LEAST_BYTES], least)
    while place >= 0:
        if needle.startswith(text[place:]):
            return len(text) - place
        place = text.find(needle[:LEAST_BYTES], place + 1)
    short = range(min(LEAST_BYTES - 1, len(text)), 0, -1)
    return next((size for size in short if text.endswith(needle[:size])), 0)


def _rest_of(text: bytes, needle: bytes) -> int:
    """The length of the longest beginning of `text` that is a true end of `needle`."""
    most = min(len(text), len(needle) - 1)
    place = text.rfind(needle[-LEAST_BYTES:], 0, most)
    while place >= 0:
        if needle.endswith(text[: place + LEAST_BYTES]):
            return place + LEAST_BYTES
        place = text.rfind(needle[-LEAST_BYTES:], 0, place + LEAST_BYTES - 1)
    short = range(min(LEAST_BYTES - 1, len(text)), 0, -1)
    return next((size for size in short if text.startswith(needle[-size:])), 0)


def _masked(text: bytes, spans: list[tuple[int, int]]) -> bytes:
    """The text with each span hidden, those that touch each other as one."""
    parts, at = [], 0
    for low, high in _joined(spans):
        parts += [text[at:low], *_stars(text[low:high])]
        at = high
    return b"".join((*parts, text[at:]))


def _stars(secret: bytes) -> Iterator[bytes]:
    for line in secret.splitlines(keepends=True):
        bare = line.rstrip(b"\r\n")
        yield (MASK if bare else b"") + line[len(bare) :]


def _joined(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    low = high = 0
    for start, end in sorted(spans):
        if start > high:
            if high > low:
                yield low, high
            low, high = start, end
        high = max(high, end)
    if high > low:
        yield low, high
