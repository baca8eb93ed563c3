"""What can be done to a fleet at random; healing the fleet undoes all of it."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.faults.fleet import Fleet
from tests.faults.wires import HOLE, MUTED, NOTHING_DOWN, NOTHING_UP, REFUSED, Weather

Hurt = Callable[[Fleet, random.Random], str]

WEATHERS = {
    "a black hole": HOLE,
    "nothing sent": NOTHING_UP,
    "nothing answered": NOTHING_DOWN,
    "resets": REFUSED,
    "silent streams": MUTED,
    "half a second more each way": Weather(delay=0.5),
    "two seconds more each way": Weather(delay=2.0),
    "20 kB a second": Weather(rate=20_000),
}
OFF_SECONDS = 2.0
AN_HOUR = 3600.0


def kill_worker(fleet: Fleet, choice: random.Random) -> str:
    """SIGKILL to a worker's main process."""
    station = choice.choice(fleet.stations)
    if station.running:
        station.kill()
    return f"{station.name} killed"


def restart_worker(fleet: Fleet, choice: random.Random) -> str:
    """SIGKILL to a worker's main process, which is started again at once."""
    station = choice.choice(fleet.stations)
    if station.running:
        station.kill()
        station.start(wait=False)
    return f"{station.name} killed and started"


def stop_worker(fleet: Fleet, choice: random.Random) -> str:
    """SIGTERM to a worker."""
    station = choice.choice(fleet.stations)
    station.thaw()
    station.daemon.child.stop(60)
    return f"{station.name} stopped"


def cut_power(fleet: Fleet, choice: random.Random) -> str:
    """SIGKILL to all of a worker."""
    station = choice.choice(fleet.stations)
    station.kill_host()
    return f"{station.name} without power"


def freeze_worker(fleet: Fleet, choice: random.Random) -> str:
    """SIGSTOP to a worker's main process."""
    station = choice.choice(fleet.stations)
    if station.running:
        station.freeze()
    return f"{station.name} frozen"


def pause_host(fleet: Fleet, choice: random.Random) -> str:
    """SIGSTOP to all of a worker."""
    station = choice.choice(fleet.stations)
    station.freeze_host()
    return f"{station.name} paused with its jobs"


def spoil_way(fleet: Fleet, choice: random.Random) -> str:
    """Bad weather between a worker and etcd."""
    station = choice.choice(fleet.stations)
    what = choice.choice(list(WEATHERS))
    station.reach_etcd(WEATHERS[what])
    return f"{what} between {station.name} and etcd"


def spoil_log_way(fleet: Fleet, choice: random.Random) -> str:
    """Bad weather between a worker and the log store."""
    station = choice.choice(fleet.stations)
    what = choice.choice([name for name in WEATHERS if name != "silent streams"])
    station.mongodb.set(WEATHERS[what])
    return f"{what} between {station.name} and the log store"


def shift_clock(fleet: Fleet, choice: random.Random) -> str:
    """A worker's clock goes wrong by up to two seconds."""
    station = choice.choice(fleet.stations)
    seconds = choice.uniform(-OFF_SECONDS, OFF_SECONDS)
    station.clock.shift(seconds)
    return f"{station.name}'s clock off by {seconds:+.2f} s"


def jump_clock(fleet: Fleet, choice: random.Random) -> str:
    """A worker's clock jumps by an hour; of the fleet's clocks never more than one does."""
    station = fleet.stations[0]
    seconds = choice.choice([-AN_HOUR, AN_HOUR])
    station.clock.shift(seconds)
    return f"{station.name}'s clock off by {seconds:+.0f} s"


def kill_node(fleet: Fleet, choice: random.Random) -> str:
    """SIGKILL to a node of etcd."""
    node = choice.choice(fleet.etcd.nodes)
    node.kill()
    return f"{node.name} killed"


def freeze_node(fleet: Fleet, choice: random.Random) -> str:
    """SIGSTOP to a node of etcd."""
    node = choice.choice(fleet.etcd.nodes)
    if node.child.running:
        node.freeze()
    return f"{node.name} frozen"


def kill_etcd(fleet: Fleet, choice: random.Random) -> str:
    """SIGKILL to all of etcd."""
    fleet.etcd.kill()
    return "all of etcd killed"


def kill_log_store(fleet: Fleet, choice: random.Random) -> str:
    """SIGKILL to the log store."""
    fleet.mongodb.kill()
    return "the log store killed"


def freeze_log_store(fleet: Fleet, choice: random.Random) -> str:
    """SIGSTOP to the log store."""
    if fleet.mongodb.child.running:
        fleet.mongodb.freeze()
    return "the log store frozen"


def kill_master(fleet: Fleet, choice: random.Random) -> str:
    """SIGKILL to a master."""
    master = choice.choice(fleet.masters)
    master.child.kill()
    return f"{master.child.log.parent.name} killed"


def drain_worker(fleet: Fleet, choice: random.Random) -> str:
    """A worker is told to take no runs."""
    station = choice.choice(fleet.stations)
    fleet.drain(station)
    return f"{station.name} drained"


NEMESES: tuple[Hurt, ...] = (
    kill_worker,
    restart_worker,
    stop_worker,
    cut_power,
    freeze_worker,
    pause_host,
    spoil_way,
    spoil_way,
    spoil_log_way,
    shift_clock,
    jump_clock,
    kill_node,
    freeze_node,
    kill_etcd,
    kill_log_store,
    freeze_log_store,
    kill_master,
    drain_worker,
)
