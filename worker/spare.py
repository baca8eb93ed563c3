"""Descriptors in reserve: what a run has left is seen and ended also where there is no other."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from common.pausing import pause

Found = TypeVar("Found")

SCARCE = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM))
MOST = 3
"""So many are lent at once: a process is held by one and looked at by another."""
PATIENCE_SECONDS, PAUSE_SECONDS = 5.0, 0.02
"""One that is given back may be taken by others first: so long, and so often, it is tried again.
For as long after that was in vain nobody else has to wait: one end of a run needs several."""


class Spare:
    """One for a process. Safe from any thread; one at a time is lent to. It has nothing to lend
    before `hold`.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._held: list[int] = []
        self._most = 0
        self._vain_until = 0.0

    def hold(self) -> None:
        """Take what is kept in reserve from now on; OSError where there is not that much."""
        self._most = MOST
        self._fill()

    def lend(self, call: Callable[[], Found]) -> Found:
        """What the call gives, which needs one descriptor; with one of the reserve where there is
        no other. Its OSError is that of the last of several tries where that does not help.
        """
        try:
            return call()
        except OSError as error:
            if error.errno not in SCARCE:
                raise
        with self._lock:
            return self._insist(call)

    def _insist(self, call: Callable[[], Found]) -> Found:
        begun = time.monotonic()
        patience = PATIENCE_SECONDS if self._most and begun >= self._vain_until else 0.0
        while True:
            if self._held:
                os.close(self._held.pop())
            try:
                return call()
            except OSError as error:
                if error.errno not in SCARCE:
                    raise
                if (now := time.monotonic()) >= begun + patience:
                    self._vain_until = now + patience if patience else self._vain_until
                    raise
            finally:
                self._refill()
            pause(PAUSE_SECONDS)

    def _refill(self) -> None:
        """Take back what was lent, or, while the borrower keeps it, what there is."""
        try:
            self._fill()
        except OSError as error:
            if error.errno not in SCARCE:
                raise

    def _fill(self) -> None:
        with self._lock:
            while len(self._held) < self._most:
                self._held.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))


SPARE = Spare()
"""This process's own; an executor holds it from its start."""
