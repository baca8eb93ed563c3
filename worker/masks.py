"""What hides secrets in a command's output."""

from __future__ import annotations

from collections.abc import Iterable

from worker.needles import LEAST_BYTES, Needles

__all__ = ["LEAST_BYTES", "MASK", "Masks", "masked"]

MASK = b"***"


class Masks:
    """Hides values, and each line of them, in bytes.

    Blanks around a value or line are not part of what is hidden, and one that is shorter than
    `LEAST_BYTES` is not hidden: it would be found everywhere. Line ends stay, so that a text has
    as many lines as before.
    """

    def __init__(self, values: Iterable[bytes] = ()) -> None:
        found = {part.strip() for value in values for part in (value, *value.splitlines())}
        self._needles = Needles(part for part in found if len(part) >= LEAST_BYTES)

    def __len__(self) -> int:
        """How many texts are looked for; none cost nothing."""
        return len(self._needles.sorted)

    @property
    def longest(self) -> int:
        """How many bytes the longest of them has."""
        return self._needles.longest

    def hide(self, text: bytes, cut_start: bool = False, cut_end: bool = False) -> bytes:
        """The text with `***` for all that is secret.

        Where it was cut out of a longer text, what may be the rest of a secret at that edge is
        hidden too; so is half of one at an end that was not cut, if that is long enough to tell.
        """
        if not self or not text:
            return text
        cover = self.cover(text)
        if cut_start and self.hold(text):
            _mark(cover, 0, len(text))
        elif cut_start:
            _mark(cover, 0, max(_rest_of(text, needle) for needle in self._needles.sorted))
        begun = self.begun(text)
        if cut_end or begun >= LEAST_BYTES:
            _mark(cover, len(text) - begun, len(text))
        return masked(text, cover)

    def cover(self, text: bytes, known: int = 0) -> bytearray:
        """A byte for each of the text: 1 where it is secret, as the first `known` are."""
        cover = self._needles.cover(text)
        _mark(cover, 0, known)
        return cover

    def hold(self, text: bytes) -> bool:
        """Whether the text is a part of a secret, as nothing at all is of any."""
        return not text or any(text in needle for needle in self._needles.sorted)

    def clear(self, text: bytes) -> int:
        """The greatest end up to which no secret goes, or may go, beyond it."""
        if not self:
            return len(text)
        end = len(text) - self.begun(text)
        cover = self._needles.cover(text)
        if 0 < end < len(text) and cover[end - 1] and cover[end]:
            end = cover.rfind(0, 0, end) + 1
        return end

    def begun(self, text: bytes) -> int:
        """How many bytes at the end may be the beginning of a secret that goes on behind it."""
        return self._needles.begun(text)


def _mark(cover: bytearray, low: int, high: int) -> None:
    cover[low:high] = b"\1" * (high - low)


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


def masked(text: bytes, cover: bytearray) -> bytes:
    """The text with each part hidden that `cover` marks with 1, those that touch as one."""
    low = cover.find(1)
    if low < 0:
        return text
    shown, at = bytearray(), 0
    while low >= 0:
        shown += text[at:low]
        at = cover.find(0, low)
        at = len(text) if at < 0 else at
        for line in text[low:at].splitlines(keepends=True):
            bare = line.rstrip(b"\r\n")
            shown += (MASK if bare else b"") + line[len(bare) :]
        low = cover.find(1, at)
    return bytes(shown + text[at:])
