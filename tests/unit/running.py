"""What the tests of runs share: a running table without executors, and all that it asks for."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from common.job import Job
from common.record import SUCCESS
from tests.desk import one_by_one
from tests.turned_clock import TurnedClock
from worker.asks import Ask
from worker.claim import Claim
from worker.ends_told import EndsTold
from worker.filing import Filing
from worker.journal_lines import Noted
from worker.orders import Ended, Order
from worker.runs import Runs
from worker.standing import Standing

T = 1_800_000_000_000
STANDING = Standing("me", 7, 5000.0)


class Crew:
    """Takes orders and kills down instead of obeying them."""

    room = 5
    short_of = ""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.kills: list[tuple[str, str]] = []
        self.called_off: list[tuple[str, str]] = []
        self.released_ids: list[str] = []
        self.retired: list[bool] = []

    def submit_many(self, orders: Iterable[Order]) -> None:
        """Note them."""
        self.orders += orders

    def kill(self, run_id: str, reason: str, at_once: bool = False) -> None:
        """Note it."""
        self.kills.append((run_id, reason))

    def call_off(self, run_id: str, reason: str) -> None:
        """Note it."""
        self.called_off.append((run_id, reason))

    def started(self, run_id: str) -> None:
        """Nothing hangs on it here."""

    def rouse(self) -> None:
        """None of its executors is stopped."""

    def retire(self, keep: bool) -> None:
        """Note it."""
        self.retired.append(keep)

    def released(self, run_id: str) -> None:
        """Note it."""
        self.released_ids.append(run_id)


class Notes:
    """A journal that is kept in memory."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.former: dict[str, Noted] = {}

    def together(self) -> AbstractContextManager[None]:
        """What is noted is there at once."""
        return nullcontext()

    def flush(self) -> None:
        """There is nothing to be written."""

    def given(self, noted: Noted) -> None:
        """Note it."""
        self.lines.append(("given", noted.run_id))

    def started(self, run_id: str, pid: int, start_ms: int) -> None:
        """Note it."""
        self.lines.append(("started", run_id))

    def over(self, run_ids: Iterable[str]) -> None:
        """Note them."""
        self.lines += [("over", run_id) for run_id in sorted(run_ids)]


class Desk:
    """A running table, and all that it asks and files."""

    def __init__(self) -> None:
        self.clock = TurnedClock(wall_ms=T - 300)
        self.crew = Crew()
        self.asked: list[Ask] = []
        self.filed: list[Filing] = []
        self.spooled: list[EndsTold] = []
        self.notes = Notes()
        self.runs = Runs(
            self.clock,
            self.crew,  # type: ignore[arg-type]
            lambda ask: self.asked.extend(one_by_one(ask)),
            self.filed.extend,
            self.spooled.append,
            "10.0.0.1",
            30,
            self.notes,  # type: ignore[arg-type]
        )

    def start(self, name: str = "a", plan: int = T, fence: int = 10, **fields: object) -> str:
        """Start a run; its id."""
        claim = Claim(name, 3, "echo hi", plan - 1, plan, "me", 7, True, None)
        job = replace(Job(name, "echo hi", "* * * * *"), **fields)  # type: ignore[arg-type]
        self.runs.start(claim, job, fence, STANDING)
        return claim.run_id

    def outcomes(self) -> list[tuple[str, str]]:
        """Run ids and outcomes of what was filed."""
        return [(log.run_id, log.outcome) for filing in self.filed for log in filing.records]


def ended(run_id: str, outcome: str = SUCCESS, output: bytes = b"") -> Ended:
    """How an executor tells an end."""
    return Ended(run_id, outcome, 0, None, T, T + 5, output, len(output), False, "", "", 0.1)


def unstarted(run_id: str, outcome: str) -> Ended:
    """How it tells the end of a run whose command was never spawned."""
    return Ended(run_id, outcome, None, None, T, T, b"", 0, False, "", "", None)
