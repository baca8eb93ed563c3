"""What is kept of a command's output: the first bytes and the last, in bounded memory."""


class Output:
    """Takes everything a command prints and keeps its head and its tail.

    Memory stays below head + 2 x tail + one chunk, time is linear in what is printed. `total`
    counts every byte taken.
    """

    def __init__(self, head_bytes: int, tail_bytes: int) -> None:
        self.total = 0
        self._head = bytearray()
        self._tail = bytearray()
        self._head_bytes = head_bytes
        self._tail_bytes = tail_bytes

    def take(self, printed: bytes) -> None:
        """Add what was printed next."""
        self.total += len(printed)
        chunk = memoryview(printed)
        room = self._head_bytes - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        if len(chunk) >= self._tail_bytes:
            self._tail[:] = chunk[len(chunk) - self._tail_bytes :]
            return
        self._tail += chunk
        if len(self._tail) > 2 * self._tail_bytes:
            del self._tail[: len(self._tail) - self._tail_bytes]

    @property
    def truncated(self) -> bool:
        """Whether bytes were left out."""
        return self.total > self._head_bytes + self._tail_bytes

    def kept(self) -> bytes:
        """All of it, or head and tail around a line that says how many bytes are missing.

        Where bytes are left out, the cuts do not go through a UTF-8 character.
        """
        tail = self._tail[-self._tail_bytes :] if self._tail_bytes else b""
        if not self.truncated:
            return bytes(self._head + tail)
        head = self._head[: _whole_characters(self._head)]
        tail = tail[_continuation_bytes(tail) :]
        gap = self.total - len(head) - len(tail)
        before = b"\n" if head and not head.endswith(b"\n") else b""
        return bytes(head + before + b"... %d bytes left out ...\n" % gap + tail)


def _continuation_bytes(text: bytes | bytearray) -> int:
    """How many bytes at the start belong to a character that began before it (0 to 3)."""
    count = 0
    while count < min(3, len(text)) and text[count] & 0xC0 == 0x80:
        count += 1
    return count


def _whole_characters(text: bytes | bytearray) -> int:
    """The length of `text` without a character at its end of which bytes are missing."""
    for back in range(1, min(3, len(text)) + 1):
        byte = text[-back]
        if byte & 0xC0 == 0x80:
            continue
        needed = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return len(text) - back if needed > back else len(text)
    return len(text)
