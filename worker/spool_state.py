"""What waits to be recorded, and what was lost of it: for whoever looks after a worker."""

from __future__ import annotations

from dataclasses import dataclass

MOST_BESIDE = 1000
"""So much may wait when records are made that can as well be made later."""


@dataclass(frozen=True, slots=True)
class SpoolState:
    """How many ends and records wait for the log store, and in how many bytes, roughly.

    `since_ms` is when the last of them was stored, or the first of them came (epoch ms; 0 where
    nothing waits), and `why` says why nothing is. The others are counts since the start: outputs
    that were not kept whole, records that the log store refused for good, ends in the spool that
    could not be read, records that are left to be made of their run keys, and runs whose keys
    were let go because too many waited, so that only the spool has their ends. But `stuck` are the
    refused ones that could not be put aside by now.
    """

    waiting: int = 0
    bytes: int = 0
    since_ms: int = 0
    cut: int = 0
    refused: int = 0
    stuck: int = 0
    unreadable: int = 0
    left_to_keys: int = 0
    keys_gone: int = 0
    why: str = ""


def has_room(state: SpoolState) -> bool:
    """Whether what can wait need not."""
    return not state.why and state.waiting < MOST_BESIDE
