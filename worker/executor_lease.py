"""How long a run's lease surely holds, as its executor was told, and what is done at its end.

All instants are seconds of CLOCK_BOOTTIME.
"""

import logging
from collections import defaultdict

from worker.command_kill import KillSwitch
from worker.orders import CUT_OFF, Extend, Order

log = logging.getLogger(__name__)


class Hold:
    """Until when an incarnation's lease surely holds; one for all its runs of an executor.

    Changed by the executor's main thread alone, read by any.
    """

    def __init__(self, not_after: float) -> None:
        self.not_after = not_after

    def extend(self, not_after: float) -> None:
        """It holds until then, or longer."""
        self.not_after = max(self.not_after, not_after)


class RunLease:
    """What hangs on a hold, for one run.

    Where nobody extends it, a run that is to be cut off gets TERM `cut_off_seconds` before the
    lease ends, and KILL then.
    """

    def __init__(self, order: Order, hold: Hold, switch: KillSwitch) -> None:
        self._run = (order.job.name, order.run_id)
        self._hold = hold
        self._switch = switch
        self.notice = order.cut_off_seconds
        """How long before the end it gets its notice, seconds; None where it may outlive it."""

    def allows_start(self, now: float) -> bool:
        """Whether a command may be started at `now`; not one that would be cut off at once."""
        return now <= self._hold.not_after - (self.notice or 0.0)

    def enforce(self, now: float) -> float:
        """Pull the run's switch as far as its end is near; when to do this again, or inf."""
        if self.notice is None:
            return float("inf")
        not_after = self._hold.not_after
        if now >= not_after:
            self._switch.pull(CUT_OFF, at_once=True)
            return float("inf")
        last_notice = not_after - self.notice
        if now >= last_notice:
            if self._switch.reason is None:
                log.warning("job=%s run=%s is ended: %s", *self._run, CUT_OFF)
            self._switch.pull(CUT_OFF)
            return not_after
        return last_notice


class Leases:
    """The leases of all runs of an executor, for nobody looks at each while none of them ends.

    The pool sees to it that one thread at a time is here.
    """

    def __init__(self) -> None:
        self._holds: dict[str, Hold] = {}
        self._enforced: defaultdict[tuple[Hold, float], dict[str, RunLease]] = defaultdict(dict)

    def add(self, order: Order, switch: KillSwitch) -> RunLease:
        """A run that hangs on its incarnation's lease until it is removed."""
        hold = self._holds.setdefault(order.incarnation, Hold(order.not_after))
        hold.extend(order.not_after)
        lease = RunLease(order, hold, switch)
        if lease.notice is not None:
            self._enforced[hold, lease.notice][order.run_id] = lease
        return lease

    def remove(self, order: Order) -> None:
        """The run is over; safe where it never was here."""
        hold, notice = self._holds.get(order.incarnation), order.cut_off_seconds
        if hold is None or notice is None:
            return
        runs = self._enforced[hold, notice]
        runs.pop(order.run_id, None)
        if not runs:
            del self._enforced[hold, notice]

    def extend(self, news: Extend) -> None:
        """The lease of an incarnation was renewed, for its runs that are here or still to come."""
        self._holds.setdefault(news.incarnation, Hold(news.not_after)).extend(news.not_after)

    def enforce(self, now: float) -> float:
        """Cut off the runs whose lease ends; when to look again, or inf."""
        again = float("inf")
        for (hold, notice), runs in self._enforced.items():
            if now < hold.not_after - notice:
                again = min(again, hold.not_after - notice)
            else:
                again = min([again, *(lease.enforce(now) for lease in runs.values())])
        return again
