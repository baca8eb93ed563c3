"""The worker: what it is made of, and how it runs on etcd and MongoDB."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import queue
import socket
import time
from collections.abc import Callable, Sequence
from functools import partial

from common import keys
from common.boot import boot_id
from common.clock import Clock, SystemClock
from common.clock_steps import ClockSteps
from common.config import WorkerConfig, etcd_settings, mongo_settings
from common.daemon import Daemon, Needed
from common.etcd_warner import EtcdWarner
from common.fleet import fleet_zone
from common.fleet_time import FleetTime
from common.log_store import LogStore
from common.loop import Died, Loop, Part, Steps
from common.store import Store
from common.trusted_clock import TrustedClock
from worker.address import local_ip
from worker.admission import Admission
from worker.asks import Recorded, Settle
from worker.batcher import Batcher, Filing
from worker.cgroup_place import RLIMIT, Place
from worker.cgroup_start import establish
from worker.claimer import Claimer
from worker.crew import Crew
from worker.draining import Draining
from worker.events import Event
from worker.executor_config import executor_config
from worker.former import Former
from worker.former_end import end_former
from worker.former_homes import Homes
from worker.inheritance import Inheritance
from worker.journal import Journal
from worker.leaving import Leaving
from worker.lives import Lives
from worker.members import Member
from worker.mixed import Mixed
from worker.placement import Placement
from worker.plan import Plan
from worker.presence import Presence
from worker.pulse import Pulse
from worker.registration import Identity
from worker.retiring import Retiring
from worker.runs import Runs
from worker.scheduler import GRACE_AT_STOP_SECONDS, Scheduler
from worker.spare import SPARE
from worker.state import StateFile
from worker.stop_reason import StopReason
from worker.sweep import Sweep
from worker.telling import Telling
from worker.waiting import Waiting
from worker.watch import Watcher, follow
from worker.watchdog import Watchdog

ENDING_SECONDS = GRACE_AT_STOP_SECONDS + 10.0
"""What a stop may take beside `stop_timeout`: ending runs, the last logs and leases."""


def build(config: WorkerConfig, store: Store, logs: LogStore, died: Died) -> list[Part]:
    """A worker's parts over two stores that answer, sink first; nothing runs yet.

    Only the watch stands before the scheduler that it feeds: while a stop waits for runs to end,
    they can still be killed. The executors hear last that what they told is recorded.
    NoLocalIPFound when no address is configured and the host has none but loopback.
    """
    clock, inbox, reason = SystemClock(), queue.SimpleQueue[Event](), StopReason()
    died = reason.watching(died)
    homes, pulse = Homes(config.data_dir), Pulse(clock, config.lost_after_seconds)
    place = establish(config.cgroup, homes.own.name, config.nursery)
    identity = identify(config, place.limits)
    journal = Journal(config.data_dir, identity.name)
    former, crew = _executors(config, place, clock, homes, journal, inbox)
    leases = (config.lost_after_seconds, config.registration_seconds)
    file, draining = StateFile(config.data_dir, identity.name), Draining(identity.name)
    heard = (inbox.put, crew.extend)
    presence = Presence(store, clock, identity, *leases, *heard, pulse, file, draining)
    fleet_time = FleetTime(clock, logs, keys.worker(identity.name), "claiming nothing")
    trusted = fleet_time.ours
    mixed, telling = Mixed(), Telling.of(config)
    safe = (crew.ack, former.safe)
    batcher, claimer = _writers(config, store, logs, trusted, presence, inbox, mixed, telling, safe)
    ask = claimer.inbox.put
    runs = Runs(trusted, crew, ask, batcher.file, identity.name, config.lost_after_seconds, journal)
    inheritance = Inheritance(trusted, journal, former.inherit, runs)
    plan = Plan(trusted, ask, presence.may_claim, Placement(identity.name, identity.labels))
    waiting = Waiting(trusted, ask, plan.planned, presence.may_claim, runs.kills, plan.whose)
    past = (inheritance, presence, pulse, inbox, config.stop_timeout_seconds)
    scheduler = Scheduler(trusted, plan, runs, Leaving(runs, crew, reason), waiting, *past)
    trusted.turned = scheduler.wake
    watchdog = Watchdog(presence, clock, inbox.put)
    woken = (scheduler, presence, watchdog, fleet_time.log_clock)
    steps = ClockSteps((*(part.wake for part in woken), claimer.nudge))
    zone = fleet_zone(store, config.timezone)
    lives = Lives(presence.incarnation, lambda life: ask(Settle(life)), presence.renounce)
    watcher = Watcher(follow(store), zone, inbox.put, fleet_time.news, lives, mixed, draining)
    first: list[Steps] = [*([telling] if telling else []), presence, watchdog, fleet_time.log_clock]
    rest: list[Steps] = [claimer, batcher, former, watcher, scheduler, steps]
    return [*(Loop(each, died) for each in first), crew, *(Loop(each, died) for each in rest)]


def _executors(
    config: WorkerConfig,
    place: Place,
    clock: Clock,
    homes: Homes,
    journal: Journal,
    inbox: queue.SimpleQueue[Event],
) -> tuple[Former, Crew]:
    """Who speaks with the executors of former lives, and those of this one."""
    SPARE.hold()
    retiring, size = Retiring(), (config.executors, config.executor_threads)
    former = Former(clock, homes, journal.former, inbox.put, retiring)
    told = executor_config(config, place.directory)
    most, admission = config.most_runs, Admission(clock)
    return former, Crew(*size, homes.own, inbox.put, most, told, admission, retiring)


def _writers(
    config: WorkerConfig,
    store: Store,
    logs: LogStore,
    clock: TrustedClock,
    presence: Presence,
    inbox: queue.SimpleQueue[Event],
    mixed: Mixed,
    telling: Telling | None,
    safe: Sequence[Callable[[tuple[str, ...]], None]],
) -> tuple[Batcher, Claimer]:
    """The two that write: each hears of the other's work; `safe` of the ends that both wrote."""

    def recorded(filings: Sequence[Filing]) -> None:
        keys_of = tuple(filing.run_key for filing in filings)
        told = tuple(filing.told for filing in filings if filing.told)
        claimer.inbox.put(Recorded(keys_of, told))

    def ended(run_ids: tuple[str, ...]) -> None:
        for hear in safe:
            hear(run_ids)

    size, seconds = config.log_batch_size, config.log_commit_seconds
    batcher = Batcher(logs, clock, size, seconds, recorded, telling.tell if telling else None)
    sweep = Sweep(store, config.lost_after_seconds, clock, batcher.file, inbox.put)
    claimer = Claimer(store, clock, presence, sweep, inbox.put, mixed, ended)
    return batcher, claimer


def identify(config: WorkerConfig, limits: str = RLIMIT) -> Identity:
    """Who this worker is: its IP, or IP and instance, and what it says of itself.

    `limits` is what keeps the limits of its runs.
    """
    ip = config.advertise_ip or local_ip()
    name = f"{ip}:{config.instance}" if config.instance else ip
    built_in = {"host": socket.gethostname(), "instance": config.instance}
    host = {"worker": name, **built_in}
    labels = {**built_in, "ip": ip, "limits": limits, **config.labels}

    def registration(incarnation: str, me: Member) -> bytes:
        return _json(
            {
                **host,
                "incarnation": incarnation,
                "room": me.room,
                "draining": me.draining,
                **({"shortOf": me.short_of} if me.short_of else {}),
                **({"drained": me.drained} if me.drained else {}),
                **({"handed": me.handed} if me.handed else {}),
                "labels": labels,
                "version": importlib.metadata.version("fleetcron"),
                "python": platform.python_version(),
                "slots": config.most_runs,
                "clock": time.time_ns() // 1_000_000,
            }
        )

    def alive() -> bytes:
        return _json({**host, "bootId": boot_id(), "since": time.time_ns() // 1_000_000})

    return Identity(name, registration, alive, labels)


def _json(document: dict[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def leave(config: WorkerConfig) -> None:
    """What a worker that is stopped before it was built has to see to."""
    end_former(config.data_dir, StopReason())


def run(config: WorkerConfig) -> int:
    """Run a worker on etcd and MongoDB until a signal comes; the exit code."""
    from common.etcd_store import EtcdStore
    from common.mongo_log import MongoLogStore

    identify(config)
    store = EtcdStore(etcd_settings(config.stores))
    logs = MongoLogStore(mongo_settings(config.stores))
    needed = (Needed(config.stores.etcd, store.ping), Needed("MongoDB", logs.ping))
    seconds = config.stop_timeout_seconds + ENDING_SECONDS

    def parts(died: Died) -> list[Part]:
        return [Loop(EtcdWarner(store.warnings), died), *build(config, store, logs, died)]

    try:
        return Daemon(needed, parts, seconds, "worker", partial(leave, config)).run()
    finally:
        logs.close()
        store.close()
