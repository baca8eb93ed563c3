"""Rows 34, 35 and 37: values in etcd that nobody of ours wrote."""

import json

from tests.faults.findings import value_of
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.waiting import until

FOREIGN = "/cron/jobs/foreign-"


def job(name: str, command: str = "true", expr: str = "* * * * * * *", **fields: object) -> bytes:
    """A job's JSON as somebody's tool may put it."""
    document = {"name": name, "command": command, "cronExpr": expr, **fields}
    return json.dumps(document).encode()


MALFORMED = {
    "torn": b'{"name": "foreign-torn", "comm',
    "empty": b"",
    "list": b"[]",
    "number": b"7",
    "deep": b"[" * 100_000,
    "not-utf8": b'{"name": "foreign-not-utf8", "command": "\xff\xfe", "cronExpr": "* * * * *"}',
    "no-command": b'{"name": "foreign-no-command", "cronExpr": "* * * * * * *"}',
    "wrong-type": b'{"name": "foreign-wrong-type", "command": 7, "cronExpr": "* * * * * * *"}',
    "other-name": job("another"),
    "bad-expr": job("foreign-bad-expr", expr="every second"),
    "bad-zone": job("foreign-bad-zone", timezone="Mars/Olympus"),
    "../../escape": job("foreign-../../other"),
}
HEAVY = {
    "huge": job("foreign-huge", command="x" * 1_400_000),
    "long-command": job("foreign-long-command", command=": " + "x" * 200_000),
    "nul": job("foreign-nul", command="echo \0"),
    "long-expr": job("foreign-long-expr", expr="0," * 200 + "0 * * * * * *"),
    "random": job("foreign-random", expr="R * * * *"),
    "years": job("foreign-years", expr="0 0 0 1 1 * 99999"),
}


def stays_out(trial: Trial, values: dict[str, bytes]) -> None:
    """Put these as jobs: every worker says of each that it cannot run, once, and runs the rest."""
    ticks = trial.job(1)
    for name, value in values.items():
        trial.fleet.put(FOREIGN + name, value)
    ticks.wait_start(now_ms() + 2000)
    for station in trial.fleet.stations:
        for name in values:
            said = f"job=foreign-{name} cannot run"
            until(lambda: said in station.log(), why=f"{station.name} says {said}")  # noqa: B023
            assert station.log().count(said) == 1
        assert "died" not in station.log()
    trial.fleet.etcd.etcdctl("del", "--prefix", FOREIGN)
    assert not [start for start in trial.fleet.witness.starts() if start.job != ticks.name]


def test_row_34_what_is_malformed_is_said_once_and_harms_nobody(trial: Trial) -> None:
    stays_out(trial, MALFORMED)


def test_row_35_what_is_too_large_or_means_nothing_is_said_once_and_harms_nobody(
    trial: Trial,
) -> None:
    stays_out(trial, HEAVY)


def test_row_35_a_command_that_cannot_be_started_is_recorded_so_each_time(trial: Trial) -> None:
    ticks = trial.job(1)
    value = job("foreign-shell", shell="/no/such/shell")
    trial.fleet.put(f"{FOREIGN}shell", value)
    found = until(lambda: trial.records_of("foreign-shell")[2:], why="three records")
    assert {record.outcome for record in found} == {"could_not_start"}
    ticks.wait_start(now_ms())
    trial.fleet.etcd.etcdctl("del", "--prefix", FOREIGN)


def test_row_35_a_never_firing_job_is_never_run_and_costs_nothing(trial: Trial) -> None:
    ticks = trial.job(1)
    trial.fleet.put(FOREIGN + "never", job("foreign-never", expr="0 0 30 2 *"))
    ticks.wait_start(now_ms())
    before = [station.daemon.cpu_seconds() for station in trial.fleet.stations]
    begun = now_ms()
    ticks.wait_start(begun + 4000)
    seconds = (now_ms() - begun) / 1000
    for station, cpu in zip(trial.fleet.stations, before, strict=True):
        assert station.daemon.cpu_seconds() - cpu < 0.25 * seconds
    trial.fleet.etcd.etcdctl("del", "--prefix", FOREIGN)


def test_row_37_what_a_later_version_wrote_is_kept_and_does_not_stop_ours(trial: Trial) -> None:
    ticks = trial.job(1)
    start = ticks.wait_start()
    key = f"/cron/jobs/{ticks.name}"
    stored = json.loads(value_of(trial.fleet.etcd, key) or b"")
    trial.fleet.put(key, json.dumps({**stored, "laterField": {"a": [1]}}).encode())
    ticks.wait_start(max(start.plan, now_ms()))
    ticks.save(note="ours")
    kept = json.loads(value_of(trial.fleet.etcd, key) or b"")
    assert kept["laterField"] == {"a": [1]}
    owed = {"state": "resting", "incarnation": "later.1", "planTime": 1, "laterField": 1}
    trial.fleet.put("/cron/runs/later/later@1", json.dumps(owed).encode())
    trial.fleet.put("/cron/alive/later.1", b"\x00later")
    trial.fleet.put("/cron/workers/10.9.8.7:later", b'{"laterField": 1}')
    assert ticks.wait_start(now_ms()).note == "ours"
    for station in trial.fleet.stations:
        assert "died" not in station.log()
    trial.fleet.etcd.etcdctl("del", "/cron/alive/later.1")
    trial.fleet.etcd.etcdctl("del", "--prefix", "/cron/workers/10.9.8.7:later")
