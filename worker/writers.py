"""What writes how runs end: the filer its records, the claimer its keys, for the running table."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from common.config import WorkerConfig
from common.log_opening import LogSpec
from common.store import Store
from common.trusted_clock import TrustedClock
from worker.asks import Ask, KeysAlone, Recorded
from worker.claim import run_of_key
from worker.claimer import Claimer
from worker.crew import Crew
from worker.events import Event
from worker.fallback import most_unrecorded
from worker.filer import Filer
from worker.filing import Filing
from worker.journal import Journal
from worker.mixed import Mixed
from worker.placement import Placement
from worker.presence import Presence
from worker.runs import Runs
from worker.ship_aside import ASIDE
from worker.ship_wire import Open
from worker.shipper_process import ShipperProcess
from worker.spool_news import SpoolNews
from worker.spooled import Range
from worker.sweep import Sweep
from worker.telling import Telling


def opening_of(config: WorkerConfig, spec: LogSpec, worker: str, executors: Path) -> Open:
    """What the shipper is told first."""
    size, seconds = config.log_batch_size, config.log_commit_seconds
    return Open(spec, worker, executors, size, seconds, config.data_dir / ASIDE)


def writers(
    opening: Open,
    config: WorkerConfig,
    store: Store,
    clock: TrustedClock,
    presence: Presence,
    inbox: queue.SimpleQueue[Event],
    mixed: Mixed,
    telling: Telling | None,
    safe: Sequence[Callable[[tuple[str, ...]], None]],
    unreadable: Sequence[Callable[[Range], Sequence[str]]],
    placement: Placement,
) -> tuple[Filer, Claimer]:
    """The two that write: each hears of the other's work; `safe` of the ends that both wrote.

    `unreadable` hear of ends in the spool that give no records, and say of which runs they are.
    """

    def ask(asked: Ask) -> None:
        claimer.inbox.put(asked)

    def recorded(run_keys: Sequence[str], told: Sequence[str]) -> None:
        ask(Recorded(tuple(run_keys), tuple(told)))

    def ended(run_ids: tuple[str, ...]) -> None:
        for hear in safe:
            hear(run_ids)

    def most() -> int:
        return most_unrecorded(placement.members)

    start = partial(ShipperProcess, opening)
    alone = partial(_alone, ask, unreadable), partial(_left, ask)
    filer = Filer(start, clock, recorded, telling.tell if telling else None, *alone)
    state = SpoolNews(lambda: replace(filer.state, keys_gone=claimer.keys_gone), clock)
    presence.notice.spool = state.told
    heard = (filer.file, inbox.put, lambda: filer.state)
    sweep = Sweep(store, config.lost_after_seconds, clock, *heard)
    claimer = Claimer(store, clock, presence, sweep, inbox.put, mixed, ended, most)
    return filer, claimer


def _alone(
    ask: Callable[[Ask], None],
    unreadable: Sequence[Callable[[Range], Sequence[str]]],
    range_: Range,
) -> None:
    """Of what lies there only the keys of its runs can be recorded."""
    ask(KeysAlone(tuple(run_id for hear in unreadable for run_id in hear(range_))))


def _left(ask: Callable[[Ask], None], filings: Sequence[Filing]) -> None:
    """The same of the runs of these, as far as keys stand for them."""
    for filing in filings:
        if filing.run_key:
            ask(KeysAlone((run_of_key(filing.run_key),), bool(filing.told)))


def running(
    config: WorkerConfig,
    clock: TrustedClock,
    crew: Crew,
    ask: Callable[[Ask], None],
    filer: Filer,
    worker: str,
    journal: Journal,
) -> Runs:
    """The running table; what ends is told to the two that write."""
    told = (ask, filer.file, filer.ends)
    return Runs(clock, crew, *told, worker, config.lost_after_seconds, journal)
