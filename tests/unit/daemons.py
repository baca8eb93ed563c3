"""A daemon of parts that note what is done with them, and the signal that ends it."""

import os
import signal
import threading
from collections.abc import Callable, Sequence

from common.daemon import Daemon, Needed
from common.loop import Died, Part


class Sleeper:
    """A part that does nothing until it is asked, and notes what is done with it."""

    def __init__(self, name: str, notes: list[str], ends: bool = True) -> None:
        self.name = name
        self._notes = notes
        self._ends = ends

    def start(self) -> None:
        """Note it."""
        self._notes.append(f"start {self.name}")

    def ask(self) -> None:
        """Note it."""
        self._notes.append(f"ask {self.name}")

    def join(self, timeout: float) -> bool:
        """Note it."""
        if self._ends:
            self._notes.append(f"join {self.name}")
        return self._ends


def daemon(
    build: Callable[[Died], Sequence[Part]], *needed: Needed, seconds: float = 5.0
) -> Daemon:
    """A daemon of these parts."""
    return Daemon(needed, build, seconds, "test")


def terminate(died: Died) -> None:
    """Send ourselves the signal that ends a daemon, from another thread."""
    threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGTERM)).start()
