"""What runs leave behind comes to the executor: it is seen at once, told apart, and reaped."""

from __future__ import annotations

import ctypes
import logging
import os
import threading
import time

from worker.process_stat import process_of, run_id_of

log = logging.getLogger(__name__)

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
_MOST = 1 << 20
SWIFT_SECONDS = 0.1

_libc = ctypes.PyDLL(None, use_errno=True)
_byte = ctypes.create_string_buffer(1)


class Orphans:
    """The processes whose parent has ended while they live, of all runs of this executor.

    The kernel gives them to the executor's main thread, which must have no other children: runs
    are spawned by threads of their own. So one read of a file, half a microsecond, says that a run
    left nothing behind. To be made on the main thread; everything else is for any.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[int, str] = {}  # by leader
        self._owners: dict[int, str] = {}  # by orphan; "" is nobody
        self._suspects: set[str] = set()
        self._mixed = False
        self._children = _adopt()

    def begin(self, leader: int, run_id: str) -> None:
        """A run has begun: its leader is the first process of a session of its own.

        Where nothing is left of any before it, nothing is mixed any more either.
        """
        if self._mixed and self._children >= 0:
            self.reap()
            with self._lock:
                self._mixed = self._has_any()
        self._runs[leader] = run_id

    def over(self, leader: int, left: bool) -> None:
        """The run is over, and may have `left` something that goes on."""
        self._suspects.discard(self._runs.pop(leader, ""))
        if left:
            with self._lock:
                self._mixed = True

    def may_be_of(self, run_id: str) -> bool:
        """Whether this run has orphans, or may have some where the kernel cannot say."""
        if self._children < 0:
            return True
        return self._has_any() and bool(self.of(run_id))

    def may_have_left(self, run_id: str) -> bool:
        """Whether an orphan was seen, while the run went on, that is nobody's."""
        return run_id in self._suspects

    def of(self, run_id: str) -> list[int]:
        """Those that are known to be of this run, as far as they lived a moment ago.

        One that is gone by now may have left another in its place: for a while it is looked again.
        """
        deadline = time.monotonic() + SWIFT_SECONDS
        while self._children >= 0:
            found, gone = self._of(run_id, self._listed())
            if found or not gone or time.monotonic() >= deadline:
                return found
        return []

    def reap(self) -> None:
        """Reap those that have died; costs nothing where there are none."""
        if self._children >= 0 and self._has_any():
            with self._lock:
                for pid in self._listed():
                    self._reaped(pid)

    def _has_any(self) -> bool:
        """Whether one byte of the list can be read; by a call that no other thread gets in at."""
        return bool(_libc.pread(self._children, _byte, 1, ctypes.c_long(0)))

    def _listed(self) -> list[int]:
        return [int(pid) for pid in os.pread(self._children, _MOST, 0).split()]

    def _of(self, run_id: str, listed: list[int]) -> tuple[list[int], bool]:
        """Those of this run, and whether one was gone by now that may have left another since."""
        gone = False
        with self._lock:
            for pid in listed:
                if self._reaped(pid):
                    gone = True
                elif pid not in self._owners and (owner := self._owner(pid)) is not None:
                    self._owners[pid] = owner
                gone |= pid not in self._owners
            return [pid for pid in listed if self._owners.get(pid) == run_id], gone

    def _owner(self, pid: int) -> str | None:
        """The run that it tells of by its session or its environment; None where it just ended.

        One that tells of none is of the only run there is, unless one before may have left it; else
        it is nobody's: only a cgroup can tell more.
        """
        process = process_of(pid)
        if process is None or process.is_dead:
            return None
        runs = self._runs.copy()
        owner = runs.get(process.session) or runs.get(process.group) or run_id_of(pid)
        if not owner and ((now := process_of(pid)) is None or now.is_dead):
            return None
        if not owner and len(runs) == 1 and not self._mixed:
            owner = next(iter(runs.values()))
        if not owner:
            self._mixed = True
            self._suspects.update(runs.values())
            log.warning("process %d was left by a run, nobody can say by which", pid)
        return owner

    def _reaped(self, pid: int) -> bool:
        """Whether it is no more, after reaping it if it was dead; a run's leader is not ours."""
        if pid in self._runs:
            return False
        try:
            gone = os.waitpid(pid, os.WNOHANG)[0] == pid
        except ChildProcessError:
            gone = True
        if gone:
            self._owners.pop(pid, None)
        return gone


def _adopt() -> int:
    """Become the one to whom the kernel gives orphans; the file that lists them, or -1."""
    if _libc.prctl(_SUBREAPER, 1, 0, 0, 0):
        log.warning("cannot adopt orphans: %s", os.strerror(ctypes.get_errno()))
        return -1
    try:
        path = f"/proc/self/task/{threading.get_native_id()}/children"
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        log.warning("each run's end needs a look at all processes: %s", error)
        return -1
