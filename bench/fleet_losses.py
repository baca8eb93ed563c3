"""What a worker that is killed with a run costs a fleet whose leases are the default."""

import signal
from pathlib import Path

from bench.running_fleet import Start, Witness, fleet, logs, now_ms
from tests.acceptance.fleet import Master, running
from tests.servers.etcd_cluster import EtcdCluster
from tests.waiting import until

EVERY_SECOND = "* * * * * * *"
PERIOD_MS = 5000
EVERY_FIVE = "*/5 * * * * * *"
JOBS = 30
REGISTRATION_MS, LOST_AFTER_MS = 10_000, 30_000
OTHERS_MS, SAME_MS = REGISTRATION_MS + 1000, LOST_AFTER_MS + 2000


def lost(folder: Path) -> bool:
    """Whether a killed worker's jobs run elsewhere in time, and its run is recorded in time."""
    witness = Witness(folder / "witness")
    with fleet(folder, EtcdCluster(folder / "etcd"), 3) as (master, crew):
        master.save("long", witness.command("sleep 600"), EVERY_SECOND)
        for number in range(JOBS):
            master.save(f"tick-{number}", witness.command(), EVERY_FIVE)
        until(lambda: len({s.job for s in witness.starts()}) == JOBS + 1, 60, "all run")
        # Between instants: what is claimed when a worker dies waits for its lock, as `long` does.
        until(lambda: now_ms() % PERIOD_MS in range(2000, 3000), 10, "a quiet moment")
        (run,) = [start for start in witness.starts() if start.job == "long"]
        victim = next(w for w in crew if run.parent in [p.pid for p in w.processes()])
        executors = {process.pid for process in victim.processes()}
        theirs = _last_run_by(executors, witness.starts())
        victim.child.send(signal.SIGKILL)
        killed = now_ms()
        until(lambda: _elsewhere(witness, killed, executors) >= theirs, 60, "others run them")
        again = until(lambda: _runs_of(witness, "long")[1:], 90, "the same job runs again")[0]
        until(lambda: _is_lost(master, run.plan), 90, "the record")
        recorded = now_ms()
        others = [_first(witness, job, killed, executors) for job in theirs]
        victim.start()
        left = running(f"long@{run.plan}")
    slowest = max(others) - killed
    print(f"lost    {len(theirs)} other jobs of the killed worker: each ran elsewhere within")
    print(f"        {slowest} ms (at most {OTHERS_MS}); the same job {again.at - killed} ms,")
    print(f"        its record {recorded - killed} ms after (at most {SAME_MS});")
    print(f"        {len(left)} processes of the run left once the worker is back")
    return max(again.at, recorded) - killed <= SAME_MS and slowest <= OTHERS_MS and not left


def _last_run_by(parents: set[int], starts: list[Start]) -> set[str]:
    """The short jobs whose latest start was by one of these."""
    latest = {start.job: start for start in starts if start.job != "long"}
    return {job for job, start in latest.items() if start.parent in parents}


def _elsewhere(witness: Witness, since: int, parents: set[int]) -> set[str]:
    found = (s for s in witness.starts() if s.plan > since and s.parent not in parents)
    return {start.job for start in found}


def _first(witness: Witness, job: str, since: int, parents: set[int]) -> int:
    """When (epoch ms) another started the job's first instant that was due after."""
    mine = (s for s in witness.starts() if s.job == job and s.parent not in parents)
    return min(start.at for start in mine if start.plan > since)


def _runs_of(witness: Witness, job: str) -> list[Start]:
    return [start for start in witness.starts() if start.job == job]


def _is_lost(master: Master, plan: int) -> bool:
    found = (log for log in logs(master, "long") if log["planTime"] == plan)
    return any(log["outcome"] == "lost" for log in found)
