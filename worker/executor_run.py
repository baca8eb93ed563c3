"""One run: wait for its instant, check that it may still start, spawn, attend, and tell the end."""

import logging
import math
import select
import time
from collections.abc import Callable

from common.record import COULD_NOT_START, KILLED, NOT_STARTED
from worker.command import Command
from worker.command_kill import KillSwitch
from worker.command_spawn import Spawned, Unwatched, spawn
from worker.end_words import bare_end
from worker.equipment import Equipment
from worker.executor_lease import Leases
from worker.handout import NOTHING, Handout, hand_out
from worker.identity import CouldNotStart
from worker.judgement import judge
from worker.orders import Ended, Order, Started, held_of
from worker.remarks import remarks
from worker.seat import Seat
from worker.stream import Stream
from worker.trees import UNBOUND
from worker.unstartable import why_unstarted

log = logging.getLogger(__name__)

LONGEST_WAIT_MS = 1000


class OrderedRun:
    """An order that was taken. `carry_out` is called once, by the thread that owns the run.

    `switch` may be pulled by any thread at any time; before the spawn that means: never started.
    It adds itself to the executor's `leases`, which say until when it may start and go on; `stream`
    takes its output, once it is about to start.
    """

    def __init__(self, order: Order, equipment: Equipment, leases: Leases) -> None:
        self.order = order
        self._equipment = equipment
        self.switch = KillSwitch()
        self._lease = leases.add(order, self.switch)
        self._start_ms = 0
        self.stream: Stream | None = None
        self._bounds = UNBOUND

    def carry_out(self, seat: Seat, tell: Callable[[Started], None]) -> Ended:
        """Run the command and answer how it ended, whatever happens.

        Its secrets are put down before the last checks, for reading them may take a while.
        """
        handout = NOTHING
        try:
            seat.open()
        except OSError as error:
            return self._could_not_start(error)
        self.switch.open(seat.kill)
        try:
            handout = hand_out(self.order.job, self._equipment)
            return self._await_instant() or self._start(seat, handout, tell)
        except CouldNotStart as error:
            return self._await_instant() or self._could_not_start(error)
        finally:
            if handout.directory:
                self._equipment.secrets.take_back(handout.directory)
            self.switch.close()

    def _await_instant(self) -> Ended | None:
        """Wait for the due instant; an end if the run must not start any more.

        The boot clock says when: the wall clock may be set while we wait. A wait is short, since
        it does not go on while the machine sleeps. The checks come after the last wait, right
        before the spawn.
        """
        while True:
            now = time.clock_gettime(time.CLOCK_BOOTTIME)
            early, refusal = self.order.start_at - now, self._refusal(now)
            if refusal or (early <= 0 and self.switch.begin()):
                return refusal
            poll = select.poll()
            poll.register(self.switch.fd, select.POLLIN)
            poll.poll(min(math.ceil(max(0.0, early) * 1000), LONGEST_WAIT_MS))

    def _refusal(self, now: float) -> Ended | None:
        if self.switch.reason is not None:
            return self._unstarted(KILLED, "killed before it started", self.switch.reason)
        if not self._lease.allows_start(now):
            why = "the worker's lease could not be relied on any more"
        elif now > self.order.start_by:
            why = "its start deadline had passed"
        else:
            return None
        return self._unstarted(NOT_STARTED, f"not started: {why}", why)

    def _start(self, seat: Seat, handout: Handout, tell: Callable[[Started], None]) -> Ended:
        child = self._spawn(seat, handout)
        if isinstance(child, Ended):
            return child
        tell(Started(self.order.run_id, child.pid, self._start_ms))
        return self._attend(child)

    def _spawn(self, seat: Seat, handout: Handout) -> Spawned | Ended:
        order = self.order
        self._start_ms = _now_ms()
        try:
            self.stream = Stream(order.job, order.run_id, handout.masks, self._equipment.journal)
            launch = self._equipment.launcher.prepare(order.job, self._environment(handout))
            self._bounds = self._equipment.trees.bounds(order.job)
            return spawn(self._bounds.around(launch), seat)
        except Unwatched as error:
            self._bounds.drop()
            return self._unstarted(KILLED, f"killed: {error}", str(error))
        except (OSError, ValueError, CouldNotStart) as error:
            self._bounds.drop()
            return self._could_not_start(error)

    def _environment(self, handout: Handout) -> dict[str, str]:
        return {
            **self.order.environment,
            "FLEETCRON_JOB": self.order.job.name,
            "FLEETCRON_RUN_ID": self.order.run_id,
            **handout.environment,
        }

    def _attend(self, child: Spawned) -> Ended:
        stream, bounds, start_ms = self.stream, self._bounds, self._start_ms
        assert stream is not None
        tree = self._equipment.trees.tree(child.pid, held_of(self.order), bounds)
        command = Command(child, self.order, self.switch, stream, tree)
        reaped = command.attend(self._equipment.pipes)
        if why := child.why_not(reaped.code):
            return self._could_not_start(CouldNotStart(why))
        kept, code, usage = stream.kept(), reaped.code, reaped.usage
        judged = judge(self.order.job, command.cause, code, self.switch.reason, stream.finish())
        return Ended(
            run_id=self.order.run_id,
            outcome=judged.outcome,
            exit_code=code if code is not None and code >= 0 else None,
            signal=-code if code is not None and code < 0 else None,
            start_ms=start_ms,
            end_ms=start_ms + int(command.seconds * 1000),
            output=kept.output,
            output_bytes=stream.total,
            truncated=stream.truncated,
            err=judged.err,
            reason=remarks(judged, self.order.job, command.outlived, bounds),
            cpu_seconds=usage.cpu_seconds,
            line_times=kept.line_times,
            peak_memory_bytes=usage.peak_memory_bytes,
            read_bytes=usage.read_bytes,
            written_bytes=usage.written_bytes,
        )

    def _could_not_start(self, error: OSError | ValueError | CouldNotStart) -> Ended:
        order = self.order
        why = why_unstarted(error, order.job)
        log.warning("job=%s run=%s could not start: %s", order.job.name, order.run_id, why)
        return self._unstarted(COULD_NOT_START, f"could not start: {why}", "")

    def _unstarted(self, outcome: str, err: str, reason: str) -> Ended:
        return bare_end(self.order.run_id, outcome, _now_ms(), err, reason)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
