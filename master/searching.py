"""Looking for words or a pattern in the outputs of records: newest first, for a bounded time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from common.clock import Clock
from common.errors import InvalidField
from common.fail_pattern import compiled
from common.log_store import LogStore
from common.record import JobLog
from common.search import Found, Position, Search
from master.request import Refused

MOST_WORDS, MOST_CHARACTERS, MOST_PATTERN = 50, 1000, 256
LOOK_SECONDS, LOOK_RECORDS, LOOK_CHARACTERS = 2.0, 20_000, 64 << 20
"""So much is looked at for one page at most."""
AT_ONCE = 2
"""So many look at a time; each may hold a processor for as long."""
_PART = 200
Matches = Callable[[str], bool]


def matching(text: str, pattern: str) -> Matches | None:
    """Whether an output has all words of the `text`, in any case, and the RE2 `pattern` in a line.

    None when neither is asked for; InvalidField for what cannot be looked for.
    """
    words = _words(text)
    if not pattern:
        return (lambda output: _has_all(output, words)) if words else None
    if len(pattern) > MOST_PATTERN:
        raise InvalidField("pattern", f"is longer than {MOST_PATTERN} characters")
    try:
        found = compiled(pattern)
    except ValueError as error:
        raise InvalidField("pattern", str(error)) from error
    return lambda output: (
        _has_all(output, words)
        and found.search(output.encode("utf-8", "surrogateescape")) is not None
    )


class Searching:
    """Looks into outputs; few at a time, shared by all requests."""

    def __init__(self, logs: LogStore, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def page(
        self, wanted: Search, after: Position | None, limit: int, matches: Matches
    ) -> tuple[Found, int]:
        """A page of records whose output matches, without it, and how many were looked at.

        `Refused` (503) where too many look already.
        """
        with self._place():
            return _Look(self._logs, self._clock, wanted, limit, matches).page(after)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            text = "others are looking into outputs: try again"
            raise Refused(503, text, (("Retry-After", "1"),))
        try:
            yield
        finally:
            self._places.release()


class _Look:
    """One look: what was found, and how much is still to be looked at."""

    def __init__(
        self, logs: LogStore, clock: Clock, wanted: Search, limit: int, matches: Matches
    ) -> None:
        self._logs, self._clock, self._wanted = logs, clock, wanted
        self._limit, self._matches = limit, matches
        self._until = clock.boot() + LOOK_SECONDS
        self._records: list[JobLog] = []
        self._looked = self._characters = 0

    def page(self, after: Position | None) -> tuple[Found, int]:
        """What is found behind this position."""
        while True:
            part = self._logs.search(
                self._wanted, after, _PART, outputs=True, until_boot=self._until
            )
            for record, place in zip(part.records, part.places, strict=True):
                self._look_at(record)
                if self._is_over():
                    full = len(self._records) == self._limit
                    return self._found(place, place.start_ms, full)
            if part.next is None:
                return self._found(None, None, True)
            if self._clock.boot() >= self._until:
                return self._found(part.next, part.looked_to_ms, False)
            after = part.next

    def _look_at(self, record: JobLog) -> None:
        self._looked += 1
        self._characters += len(record.output)
        if self._matches(record.output):
            self._records.append(replace(record, output="", line_times=""))

    def _is_over(self) -> bool:
        return (
            len(self._records) == self._limit
            or self._looked >= LOOK_RECORDS
            or self._characters >= LOOK_CHARACTERS
            or self._clock.boot() >= self._until
        )

    def _found(
        self, after: Position | None, to_ms: int | None, complete: bool
    ) -> tuple[Found, int]:
        return Found(self._records, after, to_ms, complete), self._looked


def _words(text: str) -> list[str]:
    if len(text) > MOST_CHARACTERS:
        raise InvalidField("text", f"is longer than {MOST_CHARACTERS} characters")
    words = list(dict.fromkeys(text.casefold().split()))
    if text and not words:
        raise InvalidField("text", "has no word in it")
    if len(words) > MOST_WORDS:
        raise InvalidField("text", f"has more than {MOST_WORDS} words")
    return words


def _has_all(output: str, words: list[str]) -> bool:
    if not words:
        return True
    folded = output.casefold()
    return all(word in folded for word in words)
