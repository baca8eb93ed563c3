"""What a worker's main process and its executors say to each other.

Executors outlive the main process that started them, also an upgrade of the program: a field that
a peer does not know is ignored, one that it does not say has its default. `PROTOCOL_VERSION` rises
with every change that an older peer would misread, `SPEAKS` and `NEEDS` with the last of these that
concerns what a main process hears, or is to understand.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

from common.job import Job
from worker.ends_full import Full
from worker.hello import Held, Hello
from worker.live_orders import Follow, Printed

PROTOCOL_VERSION = 6
SPEAKS = 5
"""The oldest version of an executor that a main process still understands."""
NEEDS = 6
"""The oldest version of a main process that still understands an executor: it hears `Ends`."""

CUT_OFF = "its worker could not renew its lease (cutOff is kill)"
"""Why a run was killed that was not to outlive its worker's lease."""
MAIN_GONE = "the worker's main process is gone"
"""Why an executor ended a run that its main process would have gone on with."""


@dataclass(frozen=True, slots=True)
class Order:
    """Main → executor: run the job's command once, not before `start_at`.

    Of the `job` only the fields of `order_fields` are told; the others have their defaults.
    `start_at`, `not_after` (until when the incarnation's lease surely holds, unless an Extend says
    longer) and `start_by` (the start deadline) are seconds of CLOCK_BOOTTIME, which no step of the
    wall clock moves; past the other two nothing starts. A run with `cut_off_seconds` does not
    outlive the lease: it gets TERM so long before `not_after`, and KILL then; None lets it go on.
    `context` is given back with the run, and means nothing to the executor.
    """

    run_id: str
    job: Job
    environment: dict[str, str]
    start_at: float
    incarnation: str
    not_after: float
    cut_off_seconds: float | None
    start_by: float
    context: str = ""


@dataclass(frozen=True, slots=True)
class KillRun:
    """Main → executor: end this run, or never start it; `reason` goes into its record.

    `at_once` says that it has no grace, or no longer. One that is `unstarted` calls the run off,
    which goes on where its command was started before.
    """

    run_id: str
    reason: str
    at_once: bool = False
    unstarted: bool = False


@dataclass(frozen=True, slots=True)
class Extend:
    """Main → executor: the incarnation's lease was renewed and holds until `not_after` at least.

    Seconds of CLOCK_BOOTTIME. It never shortens, and means orders that are still to come as well.
    """

    incarnation: str
    not_after: float


@dataclass(frozen=True, slots=True)
class Started:
    """Executor → main: the command of the run was spawned at `start_ms` (epoch ms)."""

    run_id: str
    pid: int
    start_ms: int


@dataclass(frozen=True, slots=True)
class Ended:
    """Executor → main: how the run ended; for every order exactly one, or one of `Ends`.

    It is told whole where it could not be made durable. To another main process it is told again
    until it is acknowledged, then with the order's `context`. `outcome` is success, failed,
    timeout, killed, oom, could_not_start, not_started, or lost where the executor itself failed or
    its main process died. Times are epoch ms; where nothing started both are the instant of that
    decision. `output` is what was kept of the `output_bytes` printed, `line_times` when its lines
    were (`common.line_times`). `err` is "" or a sentence; `reason` says why it was killed or not
    started, or has failed. The last numbers say what the run used; None: not known.
    """

    run_id: str
    outcome: str
    exit_code: int | None
    signal: int | None
    start_ms: int
    end_ms: int
    output: bytes
    output_bytes: int
    truncated: bool
    err: str
    reason: str
    cpu_seconds: float | None
    peak_memory_bytes: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None
    context: str = ""
    line_times: str = ""


class Over(NamedTuple):
    """How a run ended, in short: what its key in the store and the running table need.

    The fields are those of `Ended`; the rest lies in the spool, in the frame at `offset`.
    """

    run_id: str
    outcome: str
    exit_code: int | None
    signal: int | None
    start_ms: int
    end_ms: int
    err: str
    reason: str
    offset: int

    @classmethod
    def of(cls, ended: Ended, offset: int) -> Self:
        """The same end in short."""
        return cls._make([*(getattr(ended, name) for name in cls._fields[:-1]), offset])


@dataclass(frozen=True, slots=True)
class Ends:
    """Executor → main: how runs ended whose ends are durable; `over` are at most `MOST_OVER`.

    They are told instead of an Ended each, with the same promise. They are what lies in the part
    of that number, as of its turn, from byte `begin` to before `end`: nothing else does. `cut`
    counts the ends since the executor began whose output was not kept whole for want of space.
    """

    part: int
    turn: int
    begin: int
    end: int
    over: tuple[Over, ...]
    cut: int = 0


MOST_OVER = 256
"""So many ends are told in one piece at most."""


@dataclass(frozen=True, slots=True)
class Ack:
    """Main → executor: these ends are recorded, and need not be told again."""

    run_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Retire:
    """Main → executor: no more orders come; end once idle.

    With `keep` the runs whose job says so (`on_restart`) go on and the others are ended, as where
    the connection breaks without a word; without it all of them are.
    """

    keep: bool


@dataclass(frozen=True, slots=True)
class ExecutorLost:
    """Made by the link when its executor is gone: the runs of which no end will be told."""

    number: int
    run_ids: tuple[str, ...]


Message = (
    Hello
    | Order
    | KillRun
    | Extend
    | Started
    | Ended
    | Ends
    | Full
    | Ack
    | Follow
    | Printed
    | Retire
)


def held_of(order: Order) -> Held:
    """What an executor has with this order, before its command is started."""
    fence = order.environment.get("FLEETCRON_FENCE", "")
    return Held(
        run_id=order.run_id,
        job=order.job.name,
        fence=int(fence) if fence.isdecimal() else 0,
        grace=order.job.kill_grace_seconds,
        keep=order.job.on_restart == "keep",
        context=order.context,
    )
