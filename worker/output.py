"""What is kept of a command's output: the first bytes and the last, in bounded memory."""

from dataclasses import dataclass

from common.line_times import encode
from worker.masks import Masks
from worker.read_marks import Marks


@dataclass(frozen=True, slots=True)
class Kept:
    """What goes into the record: the bytes, and the times of their lines as its text says them."""

    output: bytes
    line_times: str


NOTHING = Kept(b"", "")
_NO_MASKS = Masks()


class Output:
    """Takes everything a command prints and keeps its head and its tail.

    Memory stays below head + 2 x tail + one chunk, and 16 bytes for each read that is kept, of
    which at most 2,048 count; time is linear in what is printed, with no work for single lines
    before the end. `total` counts every byte taken.
    """

    def __init__(self, head_bytes: int, tail_bytes: int) -> None:
        self.total = 0
        self._head = bytearray()
        self._tail = bytearray()
        self._head_bytes = head_bytes
        self._tail_bytes = tail_bytes
        self._head_marks = Marks()
        self._tail_marks = Marks()

    def take(self, printed: bytes, ms: int = 0) -> None:
        """Add what was printed next, and read `ms` after the command's start."""
        chunk = memoryview(printed)
        room = self._head_bytes - len(self._head)
        if room > 0 and printed:
            self._head_marks.add(self.total, ms)
            self._head += chunk[:room]
            chunk = chunk[room:]
        self.total += len(printed)
        if not chunk:
            return
        self._tail_marks.add(self.total - len(chunk), ms)
        if len(chunk) >= self._tail_bytes:
            self._tail[:] = chunk[len(chunk) - self._tail_bytes :]
            self._tail_marks.forget(self.total - len(self._tail))
            return
        self._tail += chunk
        if len(self._tail) > 2 * self._tail_bytes:
            del self._tail[: len(self._tail) - self._tail_bytes]
            self._tail_marks.forget(self.total - len(self._tail))

    def shown(self, head_bytes: int, tail_bytes: int) -> tuple[bytes, bytes]:
        """The first bytes and the last of what is kept: so many at most, none of them twice."""
        head = bytes(self._head[:head_bytes])
        rest = b"" if self.truncated else bytes(self._head[len(head) :])
        tail = rest + bytes(self._tail[-self._tail_bytes :] if self._tail_bytes else b"")
        return head, tail[max(0, len(tail) - tail_bytes) :]

    @property
    def truncated(self) -> bool:
        """Whether bytes were left out."""
        return self.total > self._head_bytes + self._tail_bytes

    def kept(self, masks: Masks | None = None) -> Kept:
        """All of it, or head and tail around a line that says how many bytes are missing.

        Where bytes are left out, the cuts do not go through a UTF-8 character. `masks` hide what
        is secret, also where a cut goes through it.
        """
        if not self.total:
            return NOTHING
        masks = masks or _NO_MASKS
        tail = bytes(self._tail[-self._tail_bytes :]) if self._tail_bytes else b""
        if not self.truncated:
            whole = bytes(self._head) + tail
            marks = self._head_marks
            if tail:
                marks = marks.followed_by(self._tail_marks)
            return Kept(masks.hide(whole), encode(marks.begun(whole, 0)))
        head = bytes(self._head[: whole_characters(self._head)])
        tail = tail[continuation_bytes(tail) :]
        gap = self.total - len(head) - len(tail)
        before = b"\n" if head and not head.endswith(b"\n") else b""
        between = before + b"... %d bytes left out ...\n" % gap
        shown = masks.hide(head, cut_end=True), between, masks.hide(tail, cut_start=True)
        return Kept(b"".join(shown), self._times_around(head, tail))

    def _times_around(self, head: bytes, tail: bytes) -> str:
        """The line about the gap counts for as old as the first one behind it."""
        early = self._head_marks.begun(head, 0)
        late = self._tail_marks.begun(tail, self.total - len(tail))
        gap = late[0] if late else early[-1] if early else (0, 0)
        return encode([*early, (gap[0], 1), *late])


def continuation_bytes(text: bytes | bytearray) -> int:
    """How many bytes at the start belong to a character that began before it (0 to 3)."""
    count = 0
    while count < min(3, len(text)) and text[count] & 0xC0 == 0x80:
        count += 1
    return count


def whole_characters(text: bytes | bytearray) -> int:
    """The length of `text` without a character at its end of which bytes are missing."""
    for back in range(1, min(3, len(text)) + 1):
        byte = text[-back]
        if byte & 0xC0 == 0x80:
            continue
        needed = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return len(text) - back if needed > back else len(text)
    return len(text)
