"""An answer to "why did it not run?": a code, and sentences of which the first names the cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

MOST_SENTENCES = 40


@dataclass(frozen=True, slots=True)
class Answer:
    """`cause` is a code for programs, `sentences` are for people, `runs` the run ids meant."""

    cause: str
    sentences: tuple[str, ...]
    runs: tuple[str, ...] = ()
    records: tuple[str, ...] = ()

    def more(self, *sentences: str) -> Answer:
        """The same with these said too; empty ones are left out."""
        return replace(self, sentences=(*self.sentences, *filter(None, sentences)))

    def about(self, runs: Iterable[str], records: Iterable[str] = ()) -> Answer:
        """The same with the ids of runs, and of those that have a record."""
        return replace(self, runs=tuple(runs), records=tuple(records))

    def document(self) -> dict[str, Any]:
        """Its fields for JSON."""
        return {
            "answer": list(self.sentences[:MOST_SENTENCES]),
            "cause": self.cause,
            "runIds": list(self.runs),
            "records": list(self.records),
        }


def answer(cause: str, *sentences: str) -> Answer:
    """An answer of these sentences; empty ones are left out."""
    return Answer(cause, tuple(filter(None, sentences)))


def by(asker: str) -> str:
    """Who asked, as the end of a phrase; "" where nobody knows."""
    return f" by {asker}" if asker else ""


def because(reason: str) -> str:
    """A reason that somebody gave, as the end of a phrase; "" for none."""
    return f" ({reason})" if reason else ""
