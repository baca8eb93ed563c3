"""A worker's standing: what its claims and runs hang on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """An incarnation, its lease, and until when (CLOCK_BOOTTIME seconds) it surely holds."""

    incarnation: str
    lease: int
    deadline: float
