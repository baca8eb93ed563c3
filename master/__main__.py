"""The master: what it is made of, and how it runs on etcd and MongoDB."""

from __future__ import annotations

import os
import socket

from common.clock import Clock, SystemClock
from common.clock_news import KINDS
from common.clock_steps import ClockSteps
from common.config import MasterConfig, etcd_settings, mongo_settings
from common.constants import CLOCK_DIR, KEEPER_KEY
from common.daemon import Daemon, Needed
from common.etcd_warner import EtcdWarner
from common.fleet import fleet_zone
from common.fleet_time import FleetTime
from common.log_ready import LogReady
from common.log_store import LogStore
from common.log_trouble import LogTrouble
from common.loop import Died, Loop, Part
from common.store import Store
from master.api import FixedApi
from master.api_drain import DrainApi
from master.api_pause import PauseApi
from master.api_records import RecordsApi
from master.api_runs import RunsApi
from master.api_v1 import Api
from master.audit_api import AuditApi
from master.audit_list import AuditList
from master.backup import Backup
from master.backup_api import BackupApi
from master.broadcasts import Broadcasts
from master.catalog import Catalog
from master.clock_teller import ClockTeller
from master.clock_watch import ClockWatch
from master.edits import Edits
from master.forgetting import Forgetting
from master.guard import Guard
from master.health import Health
from master.housekeeping import keeper_of
from master.live_api import LiveApi
from master.live_runs import LiveRuns
from master.overview import Overview
from master.pages import Pages
from master.retention_api import RetentionApi
from master.revisions import Revisions
from master.revisions_api import RevisionsApi
from master.routes import Routes
from master.server import Server
from master.server_limits import Limits
from master.waits import Waits
from master.why import Why
from master.workers import Workers

STOP_SECONDS = 10.0


def build(config: MasterConfig, store: Store, logs: LogStore, died: Died) -> list[Part]:
    """A master's parts over two stores that answer; its address is bound, nothing runs yet.

    ConfigError when it cannot listen there, or a user or zone of the config is not known.
    """
    clock, (host, port) = SystemClock(), config.address
    name = f"{socket.gethostname()}:{port or os.getpid()}"
    me = f"{CLOCK_DIR}{name}"
    fleet_time = FleetTime(clock, logs, me, "saving nothing that moves a watermark")
    keeper = keeper_of(store, logs, config.keeps, clock, fleet_time, name)
    zone, waits = fleet_zone(store, config.timezone), Waits(config.write_timeout_seconds)
    routes = routes_of(store, logs, zone, clock, fleet_time)
    RunsApi(store, logs, clock, waits, zone, fleet_time.ours.required_ms).add_to(routes)
    LiveApi(Broadcasts(store, logs, clock, name), store, logs, clock).add_to(routes)
    DrainApi(store, fleet_time.ours.wall_ms, waits).add_to(routes)
    RetentionApi(store, config.keeps).add_to(routes)
    guard = Guard(
        host, config.allow_users, config.allowed_hosts, config.insecure_listen, os.geteuid()
    )
    server = Server(config.address, routes, guard, limits_of(config))
    server.died = died
    teller = ClockTeller(store, clock, me)
    steps = ClockSteps((teller.wake, fleet_time.log_clock.wake, fleet_time.ours.trusted_ms))
    watch = store.watch((*KINDS, KEEPER_KEY))
    return [
        fleet_time,
        Loop(fleet_time.log_clock, died),
        Loop(ClockWatch(watch, fleet_time.news, fleet_time.ours, {KEEPER_KEY: keeper.look}), died),
        Loop(teller, died),
        Loop(steps, died),
        Loop(keeper, died),
        server,
    ]


def routes_of(
    store: Store, logs: LogStore, zone: str, clock: Clock, fleet_time: FleetTime
) -> Routes:
    """Everything that is answered: the fixed interface, our own calls and the page."""
    now = fleet_time.ours.wall_ms
    edits, catalog = Edits(store, zone, now, fleet_time.ours.required_ms), Catalog(store)
    overview = Overview(store, logs, catalog, zone, now)
    routes = Routes()
    FixedApi(store, logs, edits, catalog, now).add_to(routes)
    RecordsApi(store, logs, zone, clock).add_to(routes)
    Api(edits, overview, zone, now).add_to(routes)
    PauseApi(store, edits, zone, now).add_to(routes)
    Workers(store, clock, fleet_time.clocks).add_to(routes)
    trusted = fleet_time.ours.trusted_ms
    Why(store, logs, zone, now, clock, fleet_time.clocks, trusted).add_to(routes)
    LiveRuns(store).add_to(routes)
    Forgetting(store, zone, fleet_time.ours.required_ms).add_to(routes)
    audit = AuditList(store, logs.audit)
    AuditApi(audit, zone, now).add_to(routes)
    RevisionsApi(Revisions(store, audit), edits, zone, overview.warned_of).add_to(routes)
    BackupApi(Backup(store, edits, zone, now)).add_to(routes)
    Health(store).add_to(routes)
    Pages().add_to(routes)
    return routes


def limits_of(config: MasterConfig) -> Limits:
    """The server's deadlines: the header's, three times that for a body, the whole request's."""
    return Limits(
        head_seconds=config.read_timeout_seconds,
        body_seconds=3 * config.read_timeout_seconds,
        request_seconds=config.write_timeout_seconds,
    )


def run(config: MasterConfig) -> int:
    """Run a master on etcd and MongoDB until a signal comes; the exit code.

    It serves as soon as etcd answers: jobs and kills do not hang on MongoDB.
    """
    from common.etcd_store import EtcdStore
    from common.mongo_log import MongoLogStore

    store = EtcdStore(etcd_settings(config.stores))
    logs = MongoLogStore(mongo_settings(config.stores))
    needed = (Needed(config.stores.etcd, store.ping),)

    def parts(died: Died) -> list[Part]:
        ready = LogReady(logs, LogTrouble(SystemClock(), "no record is read"))
        first = (EtcdWarner(store.warnings), ready)
        return [*(Loop(each, died) for each in first), *build(config, store, logs, died)]

    try:
        return Daemon(needed, parts, STOP_SECONDS, "master").run()
    finally:
        logs.close()
        store.close()
