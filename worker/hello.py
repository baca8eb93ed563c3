"""What an executor says first to a main process that connects: who it is, and what it has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """A run that an executor has: what a main process must know of it that never heard of it.

    `pid` 0 and `start_ms` 0: its command was not started yet. `fence` 0: it has none. `grace` is
    what it gets between TERM and KILL, seconds; `keep` says that it goes on without a main process.
    """

    run_id: str
    job: str = ""
    fence: int = 0
    grace: float = 0.0
    keep: bool = False
    context: str = ""
    pid: int = 0
    start_ms: int = 0


@dataclass(frozen=True, slots=True)
class Hello:
    """Executor → main, first on every connection: who speaks, and what it has.

    Of each of `running` one end will be told, unless the connection breaks. Of each of `ended`
    (run ids) the end is told again, before any other, since nobody has acknowledged it. `speaks`
    is the oldest version of a main process that understands it (`NEEDS`).
    """

    version: int
    number: int
    speaks: int = 0
    running: tuple[Held, ...] = ()
    ended: tuple[str, ...] = ()
