"""A lock's value: who holds it for which run, or that the run is over and the lock is kept a while.

A lock is kept beside workers of the Go system, which look for it up to a second after an instant.
Our own claims take a kept lock over as if it were not there.
"""

from __future__ import annotations

from common import keys
from common.store import Absent, Compare, Entry, RevisionIs

_MARK = b" ended"


def held(run_id: str, incarnation: str) -> bytes:
    """What our lock says while its run holds it."""
    return f"{run_id} {incarnation}".encode("utf-8", "surrogateescape")


def kept(run_id: str, incarnation: str) -> bytes:
    """What our lock says once its run is over."""
    return held(run_id, incarnation) + _MARK


def kept_by(value: bytes) -> str:
    """The incarnation that keeps a lock whose run is over; "" for one that is held."""
    if not value.endswith(_MARK):
        return ""
    run_id, _, incarnation = _text(value.removesuffix(_MARK)).rpartition(" ")
    return incarnation if run_id else ""


def run_of(unit: str, value: bytes) -> str:
    """The run of the unit that holds or keeps its lock; "" where none of ours took it (as Go's)."""
    run_id = _text(value.removesuffix(_MARK)).rpartition(" ")[0]
    return run_id if run_id.startswith(f"{unit}@") else ""


def holder(entry: Entry | None) -> Entry | None:
    """The lock where a run holds it, ours or a foreign one; None where it is free to be taken."""
    return None if entry is None or kept_by(entry.value) else entry


def is_foreign(unit: str, entry: Entry | None) -> bool:
    """Whether a worker of another system holds the unit's lock: it has a lease, and no run of ours.

    What hangs on no lease was left by no worker.
    """
    return entry is not None and entry.lease != 0 and not run_of(unit, entry.value)


def unheld(unit: str, there: Entry | None = None) -> Compare:
    """Holds while the unit's lock is as free as it was seen: not there, or kept as in `there`."""
    if there is None:
        return Absent(keys.lock(unit))
    return RevisionIs(keys.lock(unit), there.revision)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
