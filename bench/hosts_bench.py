"""A job on all hosts and one on three, while every ten seconds a worker joins and another leaves.

Eight workers at a time, a job due every second with `hosts` `all` and another with `hosts` 3. A
worker is present at an instant where it was ready a second before and was not yet asked to stop a
second after it. Exits with 1 where a worker that was present has not exactly one run of an instant
of the first, or an instant of either has a share that ran twice; of the second it is told how many
instants had three runs, and on how many workers.
"""

import argparse
import json
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.ending import end_tidily
from bench.running_fleet import fleet, now_ms
from tests.acceptance.fleet import Daemon, Master, stores, workers
from tests.servers.etcd import EtcdServer
from tests.waiting import pause

EVERY_SECOND = "* * * * * * *"
AT_A_TIME, ON_SOME = 8, 3
MARGIN_MS = 1000


@dataclass(slots=True)
class Stay:
    """How long a worker was there, epoch ms; and the pids that start its runs."""

    worker: Daemon
    came: int
    left: int = 0
    pids: frozenset[int] = frozenset()

    def instants(self) -> range:
        """The seconds at which it was present."""
        first = -(-(self.came + MARGIN_MS) // 1000) * 1000
        return range(first, self.left - MARGIN_MS + 1, 1000)


@dataclass(frozen=True, slots=True)
class Start:
    """A start as the job wrote it: its share, its instant, and who spawned it."""

    job: str
    share: str
    plan: int
    parent: int


def starts(file: Path) -> list[Start]:
    """All that the jobs wrote."""
    found = []
    for line in file.read_text().splitlines():
        job, run_id, plan, parent = line.split()
        share = run_id.removeprefix(f"{job}#").rpartition("@")[0]
        found.append(Start(job, share, int(plan), int(parent)))
    return found


def arrive(worker: Daemon) -> Stay:
    """The worker was started and is ready."""
    worker.wait_ready()
    return Stay(worker, now_ms(), pids=frozenset(p.pid for p in worker.processes()))


def leave(stay: Stay) -> None:
    """Ask the worker to stop, and wait for that."""
    stay.left = now_ms()
    status = stay.worker.child.stop(60)
    assert status == 0, stay.worker.child.tail()


def churn(crew: list[Daemon], seconds: float, every: float) -> list[Stay]:
    """Let the first eight be there, then change one for the next of the crew again and again."""
    there, gone = [arrive(worker) for worker in crew[:AT_A_TIME]], []
    waiting = crew[AT_A_TIME:]
    end = time.monotonic() + seconds
    while time.monotonic() < end and waiting:
        begun = time.monotonic()
        waiting[0].start(wait=False)
        there.append(arrive(waiting.pop(0)))
        gone.append(there.pop(0))
        leave(gone[-1])
        pause(max(0.0, every - (time.monotonic() - begun)))
    now = now_ms()
    for stay in there:
        stay.left = now
    return gone + there


def judge_all(stays: list[Stay], begun: int, ended: int, found: list[Start]) -> bool:
    """Whether each worker ran each instant at which it was present once, and none twice."""
    counts = Counter((each.parent, each.plan) for each in found)
    runs = Counter((each.share, each.plan) for each in found)
    there = none = more = 0
    for stay in stays:
        for plan in stay.instants():
            if begun + MARGIN_MS <= plan <= ended - MARGIN_MS:
                times = sum(counts[pid, plan] for pid in stay.pids)
                there, none, more = there + 1, none + (times == 0), more + (times > 1)
                if times != 1:
                    print(f"        {stay.worker.child.log}: {times} runs at {plan}")
    twice = sum(times - 1 for times in runs.values())
    print(f"all     {len(stays)} workers came, {there} times one was present at an instant:")
    print(f"        {none} without a run, {more} with several; {len(found)} starts, {twice} twice")
    return not none and not more and not twice


def judge_some(stays: list[Stay], begun: int, ended: int, found: list[Start]) -> bool:
    """Whether no share ran twice; how many instants had all three, and on as many workers."""
    whose = {pid: str(stay.worker.child.log) for stay in stays for pid in stay.pids}
    runs = Counter((each.share, each.plan) for each in found)
    hosts: Mapping[int, set[str]] = defaultdict(set)
    for each in found:
        hosts[each.plan].add(whose.get(each.parent, str(each.parent)))
    per = Counter(plan for _, plan in runs)
    due = range(-(-(begun + MARGIN_MS) // 1000) * 1000, ended - MARGIN_MS, 1000)
    whole = sum(per[plan] == ON_SOME for plan in due)
    apart = sum(len(hosts[plan]) == ON_SOME for plan in due)
    twice = sum(times - 1 for times in runs.values())
    print(f"three   {len(due)} instants: {whole} with {ON_SOME} runs, {apart} on as many workers;")
    print(f"        {twice} shares ran twice")
    return not twice


def measure(folder: Path, seconds: float, every: float) -> bool:
    """Do it, in this folder."""
    file, etcd = folder / "witness", EtcdServer(folder / "etcd")
    command = f"echo $FLEETCRON_JOB $FLEETCRON_RUN_ID $FLEETCRON_PLAN_TIME $PPID >>{file}"
    count = AT_A_TIME + int(seconds / every) + 1
    with fleet(folder, etcd, 0) as (master, _):
        crew = hired(folder, master, count, etcd)
        for worker in crew[:AT_A_TIME]:
            worker.start(wait=False)
        try:
            for worker in crew[:AT_A_TIME]:
                worker.wait_ready()
            master.save("all", command, EVERY_SECOND, hosts="all")
            master.save("three", command, EVERY_SECOND, hosts=ON_SOME)
            begun = now_ms()
            stays = churn(crew, seconds, every)
            ended = now_ms()
            pause(3)
            found = starts(file)
        finally:
            for worker in crew:
                if worker.child.running:
                    worker.child.stop(60)
    told = [each for each in found if each.job == "all"]
    some = [each for each in found if each.job == "three"]
    return judge_all(stays, begun, ended, told) & judge_some(stays, begun, ended, some)


def hired(folder: Path, master: Master, count: int, etcd: EtcdServer) -> list[Daemon]:
    """So many workers for the master's stores; none is started."""
    uri = next(
        line.split('"')[1]
        for line in (folder / "master" / "master.toml").read_text().splitlines()
        if line.startswith("mongodb_uri")
    )
    return workers(folder, count, stores([etcd.endpoint], uri), executor_threads=4)


def main() -> None:
    """Measure, and say whether it held."""
    end_tidily()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=150)
    parser.add_argument("--every", type=float, default=10, help="seconds between two changes")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        held = measure(Path(scratch), asked.seconds, asked.every)
    print(json.dumps({"hosts": held}))
    raise SystemExit(0 if held else 1)


if __name__ == "__main__":
    main()
