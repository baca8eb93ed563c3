"""How long a run's lease surely holds, as its executor was told, and what is done at its end."""

import logging

from worker.command_kill import KillSwitch
from worker.orders import CUT_OFF, Extend, Order

log = logging.getLogger(__name__)


class RunLease:
    """One run's hold on its incarnation's lease; all instants are seconds of CLOCK_BOOTTIME.

    Changed by the executor's main thread alone and read by the run's own. Where nobody extends it,
    a run that is to be cut off gets TERM `cut_off_seconds` before the lease ends, and KILL then.
    """

    def __init__(self, order: Order, switch: KillSwitch) -> None:
        self._run = (order.job.name, order.run_id)
        self._incarnation = order.incarnation
        self._not_after = order.not_after
        self._notice = order.cut_off_seconds
        self._switch = switch

    @property
    def is_enforced(self) -> bool:
        """Whether the run must not outlive it."""
        return self._notice is not None

    def extend(self, news: Extend) -> None:
        """The lease of an incarnation was renewed: if it is ours, we hold until then or longer."""
        if news.incarnation == self._incarnation:
            self._not_after = max(self._not_after, news.not_after)

    def allows_start(self, now: float) -> bool:
        """Whether a command may be started at `now`; not one that would be cut off at once."""
        return now <= self._not_after - (self._notice or 0.0)

    def enforce(self, now: float) -> float:
        """Pull the run's switch as far as its end is near; when to do this again, or inf."""
        if self._notice is None:
            return float("inf")
        if now >= self._not_after:
            self._switch.pull(CUT_OFF, at_once=True)
            return float("inf")
        last_notice = self._not_after - self._notice
        if now >= last_notice:
            if self._switch.reason is None:
                log.warning("job=%s run=%s is ended: %s", *self._run, CUT_OFF)
            self._switch.pull(CUT_OFF)
            return self._not_after
        return last_notice
