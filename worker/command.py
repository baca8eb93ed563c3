"""A command that runs: one thread waits for its end, its output and its kill, all at once."""

import logging
import os
import select
import signal
import time
from dataclasses import dataclass

from worker.command_group import Census, await_deaths, held, is_empty, signal_group
from worker.command_kill import KillSwitch
from worker.command_spawn import Spawned, widen
from worker.orders import Order
from worker.stream import Stream

log = logging.getLogger(__name__)

CHUNK_BYTES = 65536
BUSY_PIPE_BYTES = 1 << 20
PIPE_GRACE_SECONDS = 0.25
DEATH_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 3600.0
FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.05, 0.5

_census = Census()


@dataclass(frozen=True, slots=True)
class Reaped:
    """How a child ended: return code (negative: the signal; None: nobody knows), CPU seconds."""

    code: int | None
    cpu_seconds: float | None


class Command:
    """A spawned child, from here to its reaping the property of the thread that calls `attend`.

    Afterwards `cause` is "" when it ended by itself, else "timeout" or "killed"; `seconds` is how
    long it lasted, and `stream` took all that it printed.
    """

    def __init__(self, child: Spawned, order: Order, switch: KillSwitch, stream: Stream) -> None:
        self.cause = ""
        self.seconds = 0.0
        self._stream = stream
        self._child = child
        self._grace = order.job.kill_grace_seconds
        self._run = (order.job.name, order.run_id)
        self._switch = switch
        self._born = time.monotonic()
        self._deadline = self._born + (order.job.timeout_seconds or float("inf"))
        self._alive = True
        self._piped = True
        self._widened = False
        self._poll = select.poll()
        for fd in (child.pidfd, child.output, switch.fd):
            self._poll.register(fd, select.POLLIN)

    def attend(self) -> Reaped:
        """Wait until the command and its group are gone, ending them where that is due."""
        try:
            while self._alive:
                self._step()
            self._linger()
        finally:
            # Before the reaping: as long as the zombie is there, no other group has this id.
            self._send(signal.SIGKILL)
            self._close_pipe()
            os.close(self._child.pidfd)
            reaped = self._reap()
        self._await_leftovers()
        return reaped

    def _step(self) -> None:
        ready = {fd for fd, _ in self._poll.poll(_milliseconds(self._deadline))}
        if self._child.pidfd in ready:
            self._alive = False
            self.seconds = time.monotonic() - self._born
            return
        if self._child.output in ready:
            self._read()
        if self._switch.fd in ready:
            self._obey()
        if time.monotonic() >= self._deadline:
            self._escalate()

    def _obey(self) -> None:
        """The switch was pulled, for the first time or for the last."""
        self._switch.heard()
        if not self.cause:
            self._terminate("killed")
        if self._switch.at_once and self._deadline != float("inf"):
            self._escalate()

    def _escalate(self) -> None:
        """The deadline has passed, or is no more: of the timeout, or of the grace after TERM."""
        if not self.cause:
            self._terminate("timeout")
            return
        self._deadline = float("inf")
        log.info("job=%s run=%s outlived TERM, sending KILL", *self._run)
        self._send(signal.SIGKILL)

    def _terminate(self, cause: str) -> None:
        self.cause = cause
        self._deadline = time.monotonic() + self._grace
        log.info("job=%s run=%s %s, sending TERM", *self._run, cause)
        self._send(signal.SIGTERM)
        # A stopped process would sleep through TERM.
        self._send(signal.SIGCONT)

    def _send(self, number: int) -> None:
        if not signal_group(self._child.process.pid, number):
            log.warning("job=%s run=%s may not be sent signal %d", *self._run, number)

    def _linger(self) -> None:
        """The command has ended: take what it printed, give what it left behind its grace.

        After a natural end that is a short one for the pipe; after TERM the group has the rest of
        its own.
        """
        self._poll = select.poll()
        if self._piped:
            self._poll.register(self._child.output, select.POLLIN)
        if self.cause:
            self._poll.register(self._switch.fd, select.POLLIN)
            self._await_group()
            self.seconds = time.monotonic() - self._born
        else:
            self._await_pipe(time.monotonic() + PIPE_GRACE_SECONDS)
        for _ in range(BUSY_PIPE_BYTES // CHUNK_BYTES):
            if not self._read():
                break

    def _await_pipe(self, deadline: float) -> None:
        while self._piped and time.monotonic() < deadline:
            if not self._read() and self._piped:
                self._poll.poll(_milliseconds(deadline))

    def _await_group(self) -> None:
        pause = FIRST_LOOK_SECONDS
        group = self._child.process.pid
        while self._deadline != float("inf") and _census.members(group):
            look = min(self._deadline, time.monotonic() + pause)
            while time.monotonic() < look:
                ready = {fd for fd, _ in self._poll.poll(_milliseconds(look))}
                if self._switch.fd in ready:
                    self._obey()
                self._read()
            if time.monotonic() >= self._deadline:
                self._escalate()
            pause = min(2 * pause, LONGEST_LOOK_SECONDS)

    def _await_leftovers(self) -> None:
        """KILL was sent to all of the group: see them gone before the run's end is told."""
        group = self._child.process.pid
        if is_empty(group) or await_deaths(held(_census.members(group)), DEATH_SECONDS):
            return
        log.warning("job=%s run=%s leaves processes that do not die", *self._run)

    def _read(self) -> bool:
        """Take one chunk of what lies in the pipe; False when there is nothing now, or no more."""
        if not self._piped:
            return False
        try:
            chunk = os.read(self._child.output, CHUNK_BYTES)
        except BlockingIOError:
            return False
        if not chunk:
            self._close_pipe()
            return False
        if len(chunk) == CHUNK_BYTES and not self._widened:
            self._widened = True
            widen(self._child.output, BUSY_PIPE_BYTES)
        self._stream.take(chunk, int((time.monotonic() - self._born) * 1000))
        return True

    def _close_pipe(self) -> None:
        if self._piped:
            self._piped = False
            self._poll.unregister(self._child.output)
            os.close(self._child.output)

    def _reap(self) -> Reaped:
        process = self._child.process
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except ChildProcessError:
            process.returncode = 0
            log.error("job=%s run=%s somebody else reaped it", *self._run)
            return Reaped(None, None)
        return Reaped(self._child.reaped(status), usage.ru_utime + usage.ru_stime)


def _milliseconds(deadline: float) -> int:
    """The time until `deadline` for poll(), rounded up so that it never wakes early."""
    left = min(deadline - time.monotonic(), LONGEST_WAIT_SECONDS)
    return max(0, int(left * 1000) + 1)
