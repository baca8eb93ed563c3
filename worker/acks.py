"""Which ends are safe: recorded by the log store, and written to the store.

Until then the executor that told such an end keeps it on disk, for a next life to be told again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

_RECORDED, _WRITTEN = 1, 2
_SAFE = _RECORDED | _WRITTEN


class Acks:
    """Belongs to the claimer's thread. `tell` hears the ids of runs whose ends are safe, each once.

    It knows as many ends as are still to be written or recorded, and no others.
    """

    def __init__(self, tell: Callable[[tuple[str, ...]], None]) -> None:
        self._tell = tell
        self._known: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._known)

    def expect(self, run_ids: Iterable[str]) -> None:
        """The ends of these runs were told by executors and are to be written."""
        for run_id in run_ids:
            self._known.setdefault(run_id, 0)

    def look(self, recorded: Iterable[str], written: Iterable[str]) -> None:
        """These ends are recorded now, or written; tell of those of which both is true."""
        done = [(run_id, _RECORDED) for run_id in recorded]
        done += [(run_id, _WRITTEN) for run_id in written]
        safe = tuple(run_id for run_id, what in done if self._is_safe(run_id, what))
        if safe:
            self._tell(safe)

    def _is_safe(self, run_id: str, what: int) -> bool:
        known = self._known.get(run_id)
        if known is None:
            return False
        self._known[run_id] = known | what
        if known | what == _SAFE:
            del self._known[run_id]
            return True
        return False
