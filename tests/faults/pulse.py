"""The machine's pulse: when it was too slow itself for anybody to be on time."""

from __future__ import annotations

import subprocess
import threading
import time

from tests.faults.evidence import Fault
from tests.faults.true_clock import now_ms

BEAT_SECONDS = 0.5
SLOW_SECONDS = 0.25
"""A shell starts and ends in a hundredth of it on a machine that has time."""


class Pulse:
    """A thread that starts a shell now and then, and notes the times at which that took long."""

    def __init__(self) -> None:
        self.slow: list[Fault] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
        self._thread.start()

    def lost(self, since: int) -> float:
        """By how many seconds all that was done since then (epoch ms) may be late."""
        spells = (spell for spell in list(self.slow) if spell.healed > since)
        return sum((spell.healed - spell.begun) / 1000 - BEAT_SECONDS for spell in spells)

    def stop(self) -> None:
        """End the thread; safe twice."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            begun, before = now_ms(), time.monotonic()
            self._stopping.wait(BEAT_SECONDS)
            subprocess.run(["/bin/sh", "-c", ":"], check=False)
            took = time.monotonic() - before - BEAT_SECONDS
            if took > SLOW_SECONDS:
                self.slow.append(Fault(f"the machine is slow by {took:.1f} s", begun, now_ms()))
