"""Kills that race with starts: many jobs due every second, killed around every other instant.

Half of the kills mean all runs of a job, the others name the run of that very instant. Exits with
1 where a run was killed that no answer named, a run that was said to be dead has no such record,
or a kill that was waited for left something alive. Tells how long after a run's end its killer
knew.
"""

import argparse
import http.client
import json
import random
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.ending import end_tidily
from bench.running_fleet import fleet, logs, now_ms
from tests.acceptance.fleet import Master
from tests.servers.etcd import EtcdServer
from tests.waiting import until

EVERY_SECOND, NEVER_SOON = "* * * * * * *", "0 0 1 1 *"
AROUND_MS, WORK = 50, "sleep 0.7"
DEAD = ("killed", "not_started")


@dataclass(frozen=True, slots=True)
class Kill:
    """A kill and its answer; times are epoch ms."""

    job: str
    plan: int
    asked: int
    answered: int
    answer: dict[str, Any]

    @property
    def runs(self) -> list[dict[str, Any]]:
        """What it hit; nothing where the run was not there yet."""
        found: list[dict[str, Any]] = (self.answer["data"] or {}).get("runs", [])
        return found


def ask(master: Master, body: dict[str, Any]) -> dict[str, Any]:
    """Kill, and wait for the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", master.port, timeout=60)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/api/v1/kill", json.dumps(body), headers)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer
    finally:
        connection.close()


def harass(master: Master, job: str, count: int, chance: random.Random) -> list[Kill]:
    """Kill the job's runs around so many instants, one after the other."""
    kills, wait = [], threading.Event()
    plan = (now_ms() // 2000 + 2) * 2000
    for number in range(count):
        at = plan + chance.uniform(-AROUND_MS, AROUND_MS)
        wait.wait(max(0.0, (at - now_ms()) / 1000))
        asked = now_ms()
        body = {"name": job} | ({"run": f"{job}@{plan}"} if number % 2 else {})
        answer = ask(master, body)
        kills.append(Kill(job, plan, asked, now_ms(), answer))
        plan = max(plan + 2000, (now_ms() // 2000 + 1) * 2000)
    return kills


def judge(kills: list[Kill], records: dict[str, dict[str, Any]]) -> bool:
    """Whether every kill hit what it said and nothing else; prints what was found."""
    hit = {run["runId"]: (kill, run) for kill in kills for run in kill.runs}
    unnamed = [run for run, record in records.items() if record["outcome"] in DEAD]
    strangers = [run for run in unnamed if run not in hit]
    alive = [kill for kill in kills if kill.runs and not kill.answer["data"]["dead"]]
    wrong = [
        (run, told["outcome"], records.get(run, {}).get("outcome"))
        for run, (_, told) in hit.items()
        if told["outcome"] != records.get(run, {}).get("outcome")
    ]
    waits = [
        kill.answered - max(kill.asked, records[run]["endTime"])
        for run, (kill, told) in hit.items()
        if told["outcome"] == "killed" and run in records
    ]
    outcomes = [told["outcome"] for _, told in hit.values()]
    told = {name: outcomes.count(name) for name in sorted(set(outcomes))}
    early = sum(not kill.runs for kill in kills)
    print(f"{len(kills)} kills hit {len(hit)} runs, {told}; {early} came before there was any")
    for run in strangers:
        print(f"        {run}: {records[run]['outcome']}, {records[run].get('reason')}")
    print(f"hit and not named: {strangers[:5]}; told wrongly: {wrong[:5]}; left alive: {alive[:3]}")
    if waits:
        ordered = sorted(waits)
        at = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
        print(f"known after the end: half {statistics.median(waits):.0f} ms, 99 % {at} ms,", end="")
        print(f" all {ordered[-1]} ms")
    return not strangers and not wrong and not alive


def race(master: Master, names: list[str], each: int, seed: int) -> list[Kill]:
    """Kill so many runs of each job, all jobs at the same time; then let none be due any more."""
    for name in names:
        master.save(name, WORK, EVERY_SECOND, killGraceSeconds=1)
    with ThreadPoolExecutor(len(names)) as threads:
        chances = [random.Random(f"{seed} {name}") for name in names]
        asked = [threads.submit(harass, master, n, each, chances[i]) for i, n in enumerate(names)]
        kills = [kill for future in asked for kill in future.result()]
    for name in names:
        master.save(name, WORK, NEVER_SOON)
    return kills


def recorded(master: Master, names: list[str], kills: list[Kill]) -> dict[str, dict[str, Any]]:
    """The records of all runs by run id, once those that were hit have theirs."""
    hit = {run["runId"] for kill in kills for run in kill.runs}

    def read() -> dict[str, dict[str, Any]]:
        return {record["runId"]: record for name in names for record in logs(master, name)}

    return until(lambda: found if hit <= (found := read()).keys() else None, 30, "all records")


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(prog="./dev bench kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    end_tidily()
    names = [f"k{number}" for number in range(options.jobs)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kills")))
        master, _ = stack.enter_context(fleet(folder, EtcdServer(folder / "etcd"), 2))
        begun = time.monotonic()
        kills = race(master, names, options.kills // options.jobs, options.seed)
        print(f"seed {options.seed}, {time.monotonic() - begun:.0f} s")
        return 0 if judge(kills, recorded(master, names, kills)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
