"""What the one master that keeps house has to do, put together."""

from __future__ import annotations

from common.clock import Clock
from common.fleet_time import FleetTime
from common.keep_rules import KeepRules
from common.log_store import LogStore
from common.store import Store
from master.audit_mover import AuditMover
from master.keeper import Keeper
from master.keeper_state import KeeperState
from master.leadership import Leadership
from master.retention import Retention
from master.retention_time import RetentionTime


def keeper_of(
    store: Store,
    logs: LogStore,
    rules: KeepRules,
    clock: Clock,
    fleet_time: FleetTime,
    name: str,
) -> Keeper:
    """The keeper of the master of this name, with all its chores."""
    state = KeeperState(store, name, fleet_time.ours.wall_ms)
    time = RetentionTime(store, logs, clock, fleet_time.ours.required_ms)
    retention = Retention(logs, rules, state, clock, time)
    chores = (AuditMover(store, logs.audit), retention)
    return Keeper(Leadership(store, clock, name), chores, clock)
