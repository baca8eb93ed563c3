"""A command that runs: one thread waits for its end, its output and its kill, all at once."""

import logging
import os
import select
import signal
import time
from dataclasses import dataclass

from common.record import OOM
from worker.cgroup_run import Usage
from worker.command_kill import KillSwitch
from worker.command_spawn import Spawned, widen
from worker.command_usage import used
from worker.kept_pipes import KeptPipes
from worker.orders import Order
from worker.outlived import KEEP, Outlived
from worker.stream import Stream
from worker.tree import Tree
from worker.tree_steady import SteadyTree

log = logging.getLogger(__name__)

CHUNK_BYTES = 65536
BUSY_PIPE_BYTES = 1 << 20
PIPE_GRACE_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 3600.0
FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.05, 0.5


@dataclass(frozen=True, slots=True)
class Reaped:
    """How a child ended: return code (negative: the signal; None: nobody knows), what it used."""

    code: int | None
    usage: Usage


class Command:
    """A spawned child, from here to its reaping the property of the thread that calls `attend`.

    Afterwards `cause` is "" when it ended by itself, else "timeout", "killed" or "oom"; `seconds`
    is how long it lasted, `stream` took all that it printed, and `outlived` is what was left of it.
    """

    def __init__(
        self, child: Spawned, order: Order, switch: KillSwitch, stream: Stream, tree: Tree
    ) -> None:
        self.cause = ""
        self.seconds = 0.0
        self._left: int | None = 0
        self._undying = self._unread = self._unclear = False
        self._stream = stream
        self._child = child
        self._grace = order.job.kill_grace_seconds
        self._run = (order.job.name, order.run_id)
        self._switch = switch
        self._tree = SteadyTree(tree, *self._run)
        self._keeps = order.job.leftovers == KEEP
        self._born = child.born
        self._deadline = self._born + (order.job.timeout_seconds or float("inf"))
        self._alive = True
        self._piped = True
        self._widened = False
        self._poll = select.poll()
        for fd in (child.pidfd, child.output, switch.fd):
            self._poll.register(fd, select.POLLIN)

    @property
    def outlived(self) -> Outlived:
        """What outlived the command, and what became of it."""
        return Outlived(self._left, self._undying, self._unread, self._unclear)

    def attend(self, pipes: KeptPipes) -> Reaped:
        """Wait until the command and its tree are gone, ending them where that is due.

        The pipe of what goes on, where the job says so, is given to `pipes`.
        """
        keeps = False
        try:
            while self._alive:
                self._step()
            self._linger()
            keeps = self._settle()
            if self._piped and self._keeps and not self.cause:
                # Also of what nobody sees: somebody may print.
                self._unread = not pipes.take(self._let_go())
        finally:
            # Before the reaping: as long as the zombie is there, no other group has this id.
            if self._alive:
                self._end()
            self._close_pipe()
            os.close(self._child.pidfd)
            reaped = self._reap()
            self._tree.close(keeps)
        return reaped

    def _step(self) -> None:
        ready = dict(self._poll.poll(_milliseconds(self._deadline)))
        if self._child.pidfd in ready:
            self._alive = False
            self.seconds = time.monotonic() - self._born
        if self._piped and (what := ready.get(self._child.output)):
            # An end is known without a read where there is nothing more to be read.
            self._read() if what & select.POLLIN else self._close_pipe()
        if not self._alive:
            return
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
        self._end()

    def _terminate(self, cause: str) -> None:
        self.cause = cause
        self._deadline = time.monotonic() + self._grace
        log.info("job=%s run=%s %s, sending TERM", *self._run, cause)
        # A stopped process would sleep through TERM.
        if not self._tree.signal(signal.SIGTERM, signal.SIGCONT):
            log.warning("job=%s run=%s may not be sent signals", *self._run)

    def _end(self) -> None:
        self._undying = not self._tree.end()
        if self._undying:
            log.warning("job=%s run=%s leaves processes that do not die", *self._run)

    def _linger(self) -> None:
        """The command has ended: take what it printed, give what it left behind its grace.

        After a natural end that is a short one for the pipe; after TERM the tree has the rest of
        its own.
        """
        if not self._piped and not self.cause:
            return
        self._poll = select.poll()
        if self._piped:
            self._poll.register(self._child.output, select.POLLIN)
        if self.cause:
            self._poll.register(self._switch.fd, select.POLLIN)
            self._await_tree()
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

    def _await_tree(self) -> None:
        pause = FIRST_LOOK_SECONDS
        while self._deadline != float("inf") and self._tree.left():
            look = min(self._deadline, time.monotonic() + pause)
            while time.monotonic() < look:
                ready = {fd for fd, _ in self._poll.poll(_milliseconds(look))}
                if self._switch.fd in ready:
                    self._obey()
                self._read()
            if time.monotonic() >= self._deadline:
                self._escalate()
            pause = min(2 * pause, LONGEST_LOOK_SECONDS)

    def _settle(self) -> bool:
        """See what is left of the tree gone before the run's end is told; True where it goes on."""
        if not self.cause and self._tree.out_of_memory():
            self.cause = OOM
        left = self._tree.left()
        self._unclear = self._tree.is_unclear()
        if left == []:
            return False
        keeps = self._keeps and not self.cause
        if not self.cause:
            self._left = None if left is None else len(left)
        if not keeps:
            self._end()
        return keeps

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
            os.close(self._let_go())

    def _let_go(self) -> int:
        """The pipe's read end, of which nothing more is read here."""
        self._piped = False
        self._poll.unregister(self._child.output)
        return self._child.output

    def _reap(self) -> Reaped:
        try:
            _, status, usage = os.wait4(self._child.pid, 0)
        except ChildProcessError:
            log.error("job=%s run=%s somebody else reaped it", *self._run)
            return Reaped(None, self._tree.usage())
        return Reaped(os.waitstatus_to_exitcode(status), used(usage, self._tree.usage()))


def _milliseconds(deadline: float) -> int:
    """The time until `deadline` for poll(), rounded up so that it never wakes early."""
    left = min(deadline - time.monotonic(), LONGEST_WAIT_SECONDS)
    return max(0, int(left * 1000) + 1)
