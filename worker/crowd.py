"""The crowd: all registered workers of ours, and which of them may run a job.

A selector (a job's `where`) is answered from sets of names, so that it costs little to ask for
very many selectors whenever a worker comes, goes or changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from common.record import NO_WORKER
from common.selector import parse_term
from worker.members import Member

Where = tuple[str, ...]
NONE: Set[str] = frozenset()
SHOWN = 3
"""So many of those that are drained are told."""


class Crowd:
    """Who is registered, takes runs, has room, and has which labels."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}
        self._taking: set[str] = set()
        self._roomy: set[str] = set()
        self._labelled: set[str] = set()
        self._having: dict[tuple[str, str | None], set[str]] = {}
        self.everyone: frozenset[str] = frozenset()

    @property
    def members(self) -> Mapping[str, Member]:
        """All that are registered, by name."""
        return self._members

    def become(self, members: Iterable[Member]) -> None:
        """These are registered and no others."""
        now = {member.name: member for member in members}
        for name, known in list(self._members.items()):
            if now.get(name) is not known:
                self._remove(known)
        for name, member in now.items():
            if name not in self._members:
                self._add(member)
        if self.everyone != self._members.keys():
            self.everyone = frozenset(self._members)

    def eligible(self, where: Where) -> frozenset[str]:
        """Those that take runs of a job with this `where`, also when they have no room now."""
        return frozenset(self._matching(where) & self._taking)

    def nobody(self, where: Where) -> str:
        """Why nobody is eligible: those that would be are drained, and by whom; or there are none.

        A code, or one and a sentence, as a record's reason is.
        """
        drained = sorted(self._matching(where) - self._taking)
        if not drained:
            return NO_WORKER
        told = [f"{name} {self._members[name].drained or 'draining'}" for name in drained[:SHOWN]]
        more = f" and {len(drained) - SHOWN} more" if len(drained) > SHOWN else ""
        return f"{NO_WORKER}: all that may run it took no runs: {', '.join(told)}{more}"

    def ready(self, where: Where) -> frozenset[str]:
        """The eligible ones that have room, or all that are eligible where none has."""
        eligible = self.eligible(where)
        return eligible & self._roomy or eligible

    def _matching(self, where: Where) -> Set[str]:
        if not where:
            return self._members.keys()
        found: Set[str] = self._labelled
        for term in map(parse_term, where):
            having = self._holding(term.label, term.value)
            found = found - having if term.negated else found & having
        return found

    def _holding(self, label: str, value: str) -> Set[str]:
        """Whose label is this value; an empty one is that of a label that is not there."""
        if value:
            return self._having.get((label, value), NONE)
        return self._labelled - self._having.get((label, None), NONE)

    def _add(self, member: Member) -> None:
        name = member.name
        self._members[name] = member
        if not member.draining:
            self._taking.add(name)
        if member.room:
            self._roomy.add(name)
        if member.unclear:
            return
        self._labelled.add(name)
        for place in _places(member):
            self._having.setdefault(place, set()).add(name)

    def _remove(self, member: Member) -> None:
        name = member.name
        del self._members[name]
        for names in (self._taking, self._roomy, self._labelled):
            names.discard(name)
        for place in _places(member):
            if having := self._having.get(place):
                having.discard(name)
                if not having:
                    del self._having[place]


def _places(member: Member) -> list[tuple[str, str | None]]:
    said = [(label, value) for label, value in member.labels.items() if value]
    return [*said, *((label, None) for label, _ in said)]
