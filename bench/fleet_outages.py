"""What an etcd that loses its leader, or is away as a whole, costs a fleet."""

import itertools
import time
from pathlib import Path

from bench.running_fleet import Witness, fleet, logs, now_ms, plans
from tests.acceptance.fleet import Master
from tests.servers.etcd_cluster import EtcdCluster
from tests.waiting import pause, until

EVERY_SECOND = "* * * * * * *"
JOBS = 12
DARK_SECONDS = 60.0
MOST_OUTAGE_MS, MOST_CPU = 3000, 0.05


def leader(folder: Path) -> bool:
    """Whether a killed leader stops claims for less than 3 s, and no instant is lost or doubled."""
    etcd, witness = EtcdCluster(folder / "etcd"), Witness(folder / "witness")
    names = [f"tick-{number}" for number in range(JOBS)]
    with fleet(folder, etcd, 3) as (master, _):
        for name in names:
            master.save(name, witness.command(), EVERY_SECOND)
        until(lambda: len({start.job for start in witness.starts()}) == JOBS, 30, "all run")
        pause(5)
        gone = etcd.leader()
        gone.kill()
        killed = now_ms()
        pause(15)
        gone.start()
        pause(5)
        for name in names:
            master.call("/job/delete", name=name)
        until(lambda: not witness.untold(master), 20, "every instant is told")
        found = witness.starts()
        untold, doubled = witness.untold(master), witness.doubled()
    waits = []
    for name in names:
        at = sorted(start.at for start in found if start.job == name)
        waits += [b - a - 1000 for a, b in itertools.pairwise(at) if b > killed]
    print(f"leader  {len(found)} starts of {JOBS} jobs; longest time without one beyond its second")
    print(f"        {max(waits)} ms; {untold} instants lost, {doubled} doubled")
    return max(waits) < MOST_OUTAGE_MS and not untold and not doubled


def outage(folder: Path) -> bool:
    """Whether a minute without etcd costs little CPU and no instant, and what runs ends well."""
    etcd, witness = EtcdCluster(folder / "etcd"), Witness(folder / "witness")
    ended = folder / "ended"
    with fleet(folder, etcd, 3) as (master, crew):
        master.save("tick", witness.command(), EVERY_SECOND)
        master.save("long", witness.command(f"sleep 20; date +%s%3N >>{ended}"), EVERY_SECOND)
        until(lambda: len({start.job for start in witness.starts()}) == 2, 30, "both run")
        threads = [worker.processes()[0].num_threads() for worker in crew]
        etcd.kill()
        down, begun = now_ms(), time.monotonic()
        before = [worker.cpu_seconds() for worker in crew]
        pause(DARK_SECONDS)
        seconds = time.monotonic() - begun
        used = [w.cpu_seconds() - cpu for w, cpu in zip(crew, before, strict=True)]
        finished = len(ended.read_text().split()) if ended.exists() else 0
        dark = [start for start in witness.starts() if start.at > down + 1000]
        etcd.start()
        back = now_ms()
        late = until(lambda: [s for s in witness.starts() if s.at > back - 1000], 30, "it goes on")
        for number in range(20):
            master.save(f"new-{number}", "true", EVERY_SECOND)
        until(lambda: all(plans(master, f"new-{n}") for n in range(20)), 30, "all new ones run")
        master.call("/job/delete", name="tick")
        master.call("/job/delete", name="long")
        until(lambda: _outcome(master, "long", "success"), 60, "the long run is recorded")
        until(lambda: not witness.untold(master), 60, "every instant is told")
        alive = [worker.processes()[0].num_threads() for worker in crew]
        untold, doubled = witness.untold(master), witness.doubled()
    share = max(used) / seconds
    print(f"outage  etcd away for {seconds:.0f} s: {len(dark)} starts; the busiest worker used")
    print(f"        {share:.2%} of a core; {finished} run ended meanwhile and is recorded;")
    print(f"        next start {late[0].at - back} ms after etcd was healthy again;")
    print(f"        {untold} instants lost, {doubled} doubled; threads {threads}, then {alive}")
    good = not dark and finished == 1 and not untold and not doubled
    return good and share < MOST_CPU and all(a >= b for a, b in zip(alive, threads, strict=True))


def _outcome(master: Master, name: str, outcome: str) -> bool:
    return any(log["outcome"] == outcome for log in logs(master, name))
