"""What happened to the jobs and runs whose ids hold a word, line by line."""

from __future__ import annotations

from collections.abc import Callable


class Story:
    """Writes nothing when `about` is empty."""

    def __init__(self, about: str = "", write: Callable[[str], object] = lambda line: None) -> None:
        self._about = about
        self._write = write
        self.now: Callable[[], int] = lambda: 0

    def tell(self, about: str, *what: object) -> None:
        """Something happened to this."""
        if self._about and (self._about in about or self._about in str(what[-1])):
            words = " ".join(str(word) for word in what)
            self._write(f"{self.now() / 1000:9.3f} {about} {words}\n")
