"""The worker: what it is made of, and how it runs on etcd and MongoDB."""

from __future__ import annotations

import queue
from functools import partial

from common import keys
from common.clock import Clock, SystemClock
from common.clock_news import ClockNews
from common.clock_steps import ClockSteps
from common.config import WorkerConfig, etcd_settings, mongo_settings
from common.daemon import Daemon, Needed
from common.etcd_warner import EtcdWarner
from common.fleet import fleet_zone
from common.fleet_time import FleetTime
from common.log_opening import LogSpec, MongoSpec
from common.log_store import LogStore
from common.loop import Died, Loop, Part, Steps
from common.store import Store
from worker.admission import Admission
from worker.asks import Settle
from worker.cgroup_place import Place
from worker.cgroup_start import establish
from worker.crew import Crew
from worker.draining import Draining
from worker.events import Event
from worker.executor_config import executor_config
from worker.former import Former
from worker.former_end import end_former
from worker.former_homes import Homes
from worker.inheritance import Inheritance
from worker.introduction import identify
from worker.journal import Journal
from worker.leaving import Leaving
from worker.live import Live
from worker.lives import Lives
from worker.look_news import LookNews
from worker.mixed import Mixed
from worker.placement import Placement
from worker.plan import Plan
from worker.presence import Presence
from worker.pulse import Pulse
from worker.registration import Identity
from worker.retiring import Retiring
from worker.scheduler import GRACE_AT_STOP_SECONDS, Scheduler
from worker.spare import SPARE
from worker.spooled import read_one
from worker.state import StateFile
from worker.stop_reason import StopReason
from worker.telling import Telling
from worker.told_failure import TellingRecords
from worker.waiting import Waiting
from worker.watch import Watcher, follow
from worker.watchdog import Watchdog
from worker.writers import opening_of, running, writers

ENDING_SECONDS = GRACE_AT_STOP_SECONDS + 10.0
"""What a stop may take beside `stop_timeout`: ending runs, the last logs and leases."""


def build(
    config: WorkerConfig, store: Store, logs: LogStore, spec: LogSpec, died: Died
) -> list[Part]:
    """A worker's parts over a store that answers, sink first; nothing runs yet.

    Records go to the log store of `spec` by a process of its own; of `logs` little is read.
    Only the watch stands before the scheduler that it feeds: while a stop waits for runs to end,
    they can still be killed. The executors hear last that what they told is recorded.
    NoLocalIPFound when no address is configured and the host has none but loopback.
    """
    clock, inbox, reason = SystemClock(), queue.SimpleQueue[Event](), StopReason()
    died = reason.watching(died)
    homes = Homes(config.data_dir, config.output_seconds)
    pulse = Pulse(clock, config.lost_after_seconds)
    place = establish(config.cgroup, homes.own.name, config.nursery)
    identity = identify(config, place.limits)
    journal, live = Journal(config.data_dir, identity.name), Live(store, clock)
    former, crew = _executors(config, place, clock, homes, journal, inbox, live, died)
    draining = Draining(identity.name)
    presence = _presence(config, store, clock, identity, inbox, crew, pulse, draining)
    fleet_time = FleetTime(clock, logs, keys.worker(identity.name), "claiming nothing")
    trusted, mixed = fleet_time.ours, Mixed()
    telling = Telling.of(config, TellingRecords(homes.base, identity.name, logs.one).find)
    ship = opening_of(config, spec, identity.name, homes.base)
    placement = Placement(identity.name, identity.labels)
    ends = ((crew.ack, former.safe), (crew.lying_in, former.unreadable))
    beside = (mixed, telling, *ends, placement)
    filer, claimer = writers(ship, config, store, trusted, presence, inbox, *beside)
    runs = running(config, trusted, crew, ask := claimer.inbox.put, filer, identity.name, journal)
    read = partial(read_one, homes.base)
    inheritance = Inheritance(trusted, journal, former.inherit, runs, read)
    plan = Plan(trusted, ask, presence.may_claim, placement)
    waiting = Waiting(trusted, ask, plan.planned, presence.may_claim, runs.kills, plan.whose)
    past = (inheritance, presence, pulse, inbox, config.stop_timeout_seconds)
    scheduler = Scheduler(trusted, plan, runs, Leaving(runs, crew, reason), waiting, *past)
    trusted.turned, watchdog = scheduler.wake, Watchdog(presence, clock, inbox.put)
    woken = (scheduler, presence, watchdog, fleet_time.log_clock)
    steps = ClockSteps((*(part.wake for part in woken), claimer.nudge))
    lives = Lives(presence.incarnation, lambda life: ask(Settle(life)), presence.renounce)
    hear = (fleet_time.news, lives, mixed, draining)
    watcher = _watcher(config, store, LookNews(identity.name, live.look), inbox, *hear)
    first: list[Steps] = [*([telling] if telling else []), presence, watchdog, fleet_time.log_clock]
    rest: list[Steps] = [live, claimer, filer, former, watcher, scheduler, steps]
    loop = partial(Loop, died=died)
    return [*map(loop, first), crew, fleet_time, *map(loop, rest)]


def _presence(
    config: WorkerConfig,
    store: Store,
    clock: Clock,
    identity: Identity,
    inbox: queue.SimpleQueue[Event],
    crew: Crew,
    pulse: Pulse,
    draining: Draining,
) -> Presence:
    """Who keeps the leases, and tells the scheduler and the executors so."""
    leases = (config.lost_after_seconds, config.registration_seconds)
    file, heard = StateFile(config.data_dir, identity.name), (inbox.put, crew.extend)
    presence = Presence(store, clock, identity, *leases, *heard, pulse, file, draining)
    presence.notice.executors = lambda: crew.trouble
    return presence


def _watcher(
    config: WorkerConfig,
    store: Store,
    looks: LookNews,
    inbox: queue.SimpleQueue[Event],
    clocks: ClockNews,
    lives: Lives,
    mixed: Mixed,
    draining: Draining,
) -> Watcher:
    """Who reads the watch, for all that hear of it."""
    zone, watch = fleet_zone(store, config.timezone), follow(store, looks.worker)
    return Watcher(watch, zone, inbox.put, clocks, lives, mixed, draining, looks)


def _executors(
    config: WorkerConfig,
    place: Place,
    clock: Clock,
    homes: Homes,
    journal: Journal,
    inbox: queue.SimpleQueue[Event],
    live: Live,
    died: Died,
) -> tuple[Former, Crew]:
    """Who speaks with the executors of former lives, and those of this one."""
    SPARE.hold()
    retiring, size = Retiring(), (config.executors, config.executor_threads)
    hear = live.beside(inbox.put)
    former = Former(clock, homes, journal.former, hear, retiring)
    told = executor_config(config, place.directory)
    most, admission = config.most_runs, Admission(clock)
    crew = Crew(*size, homes.own, hear, died, most, told, admission, retiring)
    live.follow = crew.look
    return former, crew


def leave(config: WorkerConfig) -> None:
    """What a worker that is stopped before it was built has to see to."""
    end_former(config.data_dir, StopReason())


def run(config: WorkerConfig) -> int:
    """Run a worker on etcd and MongoDB until a signal comes; the exit code.

    It is ready without MongoDB: records wait for that, and runs do not.
    """
    from common.etcd_store import EtcdStore
    from common.mongo_log import MongoLogStore

    identify(config)
    store = EtcdStore(etcd_settings(config.stores))
    spec = MongoSpec(mongo_settings(config.stores))
    logs = MongoLogStore(spec.settings)
    needed = (Needed(config.stores.etcd, store.ping),)
    seconds = config.stop_timeout_seconds + ENDING_SECONDS

    def parts(died: Died) -> list[Part]:
        return [Loop(EtcdWarner(store.warnings), died), *build(config, store, logs, spec, died)]

    try:
        return Daemon(needed, parts, seconds, "worker", partial(leave, config)).run()
    finally:
        logs.close()
        store.close()
