"""What a worker's registration says of records that wait: seldom other things.

Every change of a registration is watched by all other workers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from common.clock import Clock
from worker.spool_state import SpoolState

CALM_MS = 10_000
"""What waits a shorter time is not worth a word."""
HOLD_SECONDS = 10.0
"""So long nothing else is said."""


class SpoolNews:
    """Belongs to the presence's thread."""

    def __init__(self, state: Callable[[], SpoolState], clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._said: Mapping[str, int] = {}
        self._said_at = clock.boot() - HOLD_SECONDS

    def told(self) -> Mapping[str, int]:
        """What is to be said now.

        `waiting` is rounded down to a power of two, `since` (epoch ms) is when records were last
        stored; the others count what was lost since the worker's start. Empty where all is well.
        """
        if self._clock.boot() >= self._said_at + HOLD_SECONDS:
            said = self._sayable()
            if said != self._said:
                self._said, self._said_at = said, self._clock.boot()
        return self._said

    def _sayable(self) -> Mapping[str, int]:
        state = self._state()
        waits = state.waiting and self._clock.wall_ms() - state.since_ms > CALM_MS
        said = {
            "waiting": _rounded(state.waiting) if waits else 0,
            "since": state.since_ms if waits else 0,
            "cut": _rounded(state.cut),
            "refused": _rounded(state.refused),
            "stuck": _rounded(state.stuck),
            "unreadable": _rounded(state.unreadable),
            "keysGone": _rounded(state.keys_gone),
            "leftToKeys": _rounded(state.left_to_keys),
        }
        return {name: value for name, value in said.items() if value}


def _rounded(number: int) -> int:
    """Down to a power of two, so that it changes seldom."""
    return 1 << (number.bit_length() - 1) if number > 0 else 0
