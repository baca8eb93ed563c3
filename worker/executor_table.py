"""What an executor has, as its main process knows it: runs, kills, and ends to acknowledge."""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.executor_line import END_MARGIN_SECONDS
from worker.hello import Held, Hello
from worker.orders import Ended, Ends, Order, Started, held_of
from worker.spooled import Range

_Place = tuple[int, int, int]
NOWHERE: _Place = (-1, -1, -1)
"""Of an end that does not lie in the spool, or is not told yet."""


@dataclass(frozen=True, slots=True)
class Leader:
    """A run's first process, and when it was heard of (boot time): it is older than that."""

    pid: int
    heard: float


class Table:
    """Belongs to a link, which lets one thread at a time at it."""

    def __init__(self) -> None:
        self.held: dict[str, Held] = {}
        self.begun: dict[str, Leader] = {}
        """Of those of these runs of which it was heard that they were started."""
        self._killed: dict[str, float] = {}
        """Of those of them that were killed, by when (monotonic) their ends should be told."""
        self._unacknowledged: dict[str, _Place] = {}
        self.untold: set[str] = set()
        """Runs whose ends the executor has said that it tells again, and has not by now."""

    def __len__(self) -> int:
        return len(self.held)

    def __bool__(self) -> bool:
        """Whether anything of it is still of use: a run, or an end that is not recorded."""
        return bool(self.held or self._unacknowledged)

    def admit(self, orders: Sequence[Order], threads: int) -> None:
        """Enter runs that are handed over; ValueError, and none of them, where that may not be."""
        ids = {order.run_id for order in orders}
        if len(ids) < len(orders) or not self.held.keys().isdisjoint(ids):
            raise ValueError("a run can only be out once")
        if len(self.held) + len(ids) > threads:
            raise ValueError(f"an executor with {threads} threads runs at most {threads} at a time")
        self.held.update((order.run_id, held_of(order)) for order in orders)

    def adopt(self, hello: Hello) -> None:
        """Enter what an executor has that another main process had before us."""
        for held in hello.running:
            self.held[held.run_id] = held
            self._started(held.run_id, held.pid)
        self._unacknowledged.update(dict.fromkeys(hello.ended, NOWHERE))
        self.untold.update(hello.ended)

    def kill(self, run_id: str, at_once: bool) -> bool:
        """Note a kill; False where it is none: the run is over, or was killed as hard already."""
        held = self.held.get(run_id)
        if held is None or (run_id in self._killed and not at_once):
            return False
        grace = 0.0 if at_once else held.grace
        self._killed[run_id] = time.monotonic() + grace + END_MARGIN_SECONDS
        return True

    @property
    def is_overdue(self) -> bool:
        """Whether the end of a run that was killed is not told though it should be."""
        return min(self._killed.values(), default=math.inf) < time.monotonic()

    def heard(self, message: Started | Ended | Ends) -> None:
        """A start or ends were told; ValueError for an end that it does not have."""
        if isinstance(message, Ends):
            for over in message.over:
                self._ended(over.run_id, (message.part, message.turn, over.offset))
        elif isinstance(message, Ended):
            self._ended(message.run_id, NOWHERE)
        else:
            self._started(message.run_id, message.pid)

    def _started(self, run_id: str, pid: int) -> None:
        if run_id in self.held and pid:
            self.begun[run_id] = Leader(pid, time.clock_gettime(time.CLOCK_BOOTTIME))

    def _ended(self, run_id: str, place: _Place) -> None:
        if self.held.pop(run_id, None) is None and run_id not in self._unacknowledged:
            raise ValueError(f"it told the end of {run_id}, which it does not have")
        self.begun.pop(run_id, None)
        self._killed.pop(run_id, None)
        self.untold.discard(run_id)
        self._unacknowledged[run_id] = place

    def lying_in(self, home: str, number: int, where: Range) -> tuple[str, ...]:
        """The runs whose ends lie there, as far as they are still to be acknowledged, if the spool
        is of the executor of that number in that home.
        """
        if (where.home, where.number) != (home, number):
            return ()
        return tuple(
            run_id
            for run_id, (part, turn, offset) in self._unacknowledged.items()
            if (part, turn) == (where.part, where.turn) and where.begin <= offset < where.end
        )

    def acknowledge(self, run_ids: Iterable[str]) -> tuple[str, ...]:
        """These ends are recorded; those of them that were still to be acknowledged."""
        pop = self._unacknowledged.pop
        return tuple(run_id for run_id in run_ids if pop(run_id, None))

    def lost(self, run_ids: Iterable[str]) -> None:
        """The executor is gone, and all is told that it left: of these runs nothing will be."""
        self.held.clear()
        self.begun.clear()
        self._killed.clear()
        self.untold.clear()
        self.acknowledge(run_ids)

    def may_be_left(self, keeping: bool) -> bool:
        """Whether all runs that it has, if any, go on without us."""
        return all(keeping and held.keep for held in self.held.values())

    def patience(self) -> float:
        """How long an executor that was told to end may take to end its runs, seconds."""
        return max((held.grace for held in self.held.values()), default=0.0) + END_MARGIN_SECONDS
