"""Memory when very many objects are made that stay."""

from __future__ import annotations

import ctypes
import gc


class Collector:
    """Lets many objects that stay be made, and no later collection look at them again.

    100,000 jobs are half a million objects: looking through them while they are made takes a third
    of the time that making them does, and a fifth of a second whenever it is done afterwards.
    """

    def __init__(self) -> None:
        self._rests = False

    @property
    def rests(self) -> bool:
        """Whether nothing is collected now."""
        return self._rests

    def rest(self) -> None:
        """Collect nothing until `resume`."""
        self._rests = True
        gc.disable()

    def resume(self) -> None:
        """Collect again, but of what is there now nothing; does nothing when it does not rest."""
        if self._rests:
            self._rests = False
            gc.freeze()
            gc.enable()


def give_back() -> None:
    """Let the system have what was needed only to make them; the C library keeps it otherwise.

    Other C libraries than GNU's do so by themselves, or cannot.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
