"""The log store of a world: records by id, with the mark `lost` kept apart from the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.model.rules import Rule, Rules


@dataclass(frozen=True, slots=True)
class Record:
    """How a due instant or a run ended. A gap's record covers the instants that are listed."""

    unit: str
    due: int
    attempt: int
    manual: str
    outcome: str
    lost: bool = False
    covers: tuple[int, ...] = ()


class LogStore:
    """`wrote` hears of each write: the id, and the record as it stands then."""

    def __init__(self, rules: Rules, wrote: Callable[[str, Record], None]) -> None:
        self.records: dict[str, Record] = {}
        self._rules = rules
        self._wrote = wrote

    def insert(self, identity: str, record: Record) -> bool:
        """Store it if none is there; always True, that is acknowledged."""
        return self._store(identity, self.records.get(identity, record))

    def insert_lost(self, identity: str, record: Record) -> bool:
        """Store it, marked, if none is there; else mark the one that is."""
        there = self.records.get(identity)
        if there and not self._rules.on(Rule.MARK):
            return self._store(identity, there)
        return self._store(identity, replace(there or record, lost=True))

    def write_true(self, identity: str, record: Record) -> bool:
        """Store what the run's own worker says, whatever is there; the mark stays."""
        there = self.records.get(identity)
        marked = bool(there and there.lost) and self._rules.on(Rule.MARK)
        return self._store(identity, replace(record, lost=record.lost or marked))

    def _store(self, identity: str, record: Record) -> bool:
        self.records[identity] = record
        self._wrote(identity, record)
        return True
