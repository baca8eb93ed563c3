"""Rows 4-7: what clocks do."""

from datetime import UTC, datetime

import pytest

from tests.faults.station import Station
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.faults.wires import CLEAR, Weather
from tests.waiting import until

AN_HOUR = 3600.0
SOON_SECONDS = 20
"""So long before an instant the daemons' time begins, so that they are up and the jobs saved."""


def test_row_4_clocks_two_seconds_apart_start_each_instant_once(trial: Trial) -> None:
    trial.limits = {"apart_ms": 2000}
    for station, seconds in zip(trial.fleet.stations, (-2.0, 0.0, 2.0), strict=True):
        station.clock.shift(seconds)
    jobs = [trial.job(1), trial.job(2, "sleep 0.3"), trial.job(5, "sleep 1")]
    since = now_ms()
    for job in jobs:
        job.wait_start(since + 10_000)
    behind, _, ahead = trial.fleet.stations
    until(lambda: shown(trial, behind) < -1000, why="the slow clock is pointed out")
    until(lambda: shown(trial, ahead) > 1000, why="the fast clock is pointed out")


@pytest.mark.parametrize("seconds", [AN_HOUR, -AN_HOUR], ids=["forward", "back"])
def test_row_5_a_clock_that_jumps_by_an_hour_silences_nobody_and_repeats_nothing(
    trial: Trial, seconds: float
) -> None:
    ticks, slow = trial.job(1), trial.job(5, "sleep 1", name="slow")
    ticks.wait_start()
    station = trial.fleet.stations[0]
    with trial.fault("clock jumps"):
        station.clock.shift(seconds)
        jumped = now_ms()
        for job in (ticks, slow):
            job.wait_start(jumped + 6000)
        until(lambda: "claiming nothing until it agrees" in station.log(), why="it says so")
        until(lambda: abs(abs(shown(trial, station)) - 3_600_000) < 5000, 60, "the others see it")
        silent_from = now_ms()
        ticks.wait_start(silent_from + 5000)
        station.clock.shift(0.0)
        silent_until = now_ms()
    mine = [start for start in ticks.starts() if start.parent in station.executors]
    assert not [start for start in mine if silent_from < start.plan < silent_until - 1000]
    ticks.wait_start(now_ms())
    trial.served_by(station)


def test_row_5_who_starts_an_hour_ahead_beside_a_slow_log_store_silences_nobody(
    trial: Trial,
) -> None:
    jobs = [trial.job(1) for _ in range(6)]
    station = trial.fleet.stations[0]
    with trial.fault("a worker starts with a wrong clock"):
        station.kill()
        station.mongodb.set(Weather(delay=1.3))
        station.clock.shift(AN_HOUR)
        station.start(wait=False)
        until(lambda: "claiming nothing until it agrees" in station.log(), 60, "it says so")
        for job in jobs:
            job.wait_start(now_ms() + 1000)
        station.mongodb.set(CLEAR)
        station.clock.shift(0.0)
        station.wait_ready()


def shown(trial: Trial, station: Station) -> int:
    """By how many ms a worker's clock is ahead, as a master shows it; 0 while it does not know."""
    listed = trial.master().call("/api/v1/workers")
    ahead = [each["clockAheadMs"] for each in listed if each["id"].endswith(f":{station.name}")]
    return int(ahead[0] or 0) if ahead else 0


def at(text: str) -> int:
    """Epoch ms of an instant in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


SCHEDULES = {
    "New York skips an hour": (
        "2025-03-09T07:00:00",
        "America/New_York",
        {"30 2 * * *": 1, "0 2 * * *": 1, "30 3 * * *": 0, "0 * * * *": 1},
    ),
    "Berlin repeats an hour": (
        "2025-10-26T01:00:00",
        "Europe/Berlin",
        {"0 2 * * *": 0, "0 * * * *": 1, "0 3 * * *": 0},
    ),
    "Lord Howe skips half an hour": (
        "2025-10-04T15:30:00",
        "Australia/Lord_Howe",
        {"15 2 * * *": 1, "30 2 * * *": 1, "15 3 * * *": 0},
    ),
    "Sao Paulo skips midnight": (
        "2018-11-04T03:00:00",
        "America/Sao_Paulo",
        {"30 0 * * *": 1, "0 1 * * *": 1, "30 1 * * *": 0},
    ),
}
LEAPS = {
    "a leap day": ("2028-02-29T00:00:00", "UTC", {"0 0 29 2 *": 1, "0 0 L * *": 1, "0 0 1 3 *": 0}),
    "no leap day": ("2027-03-01T00:00:00", "UTC", {"0 0 29 2 *": 0, "0 0 1 3 *": 1}),
    "the last year": ("2099-01-01T00:00:00", "UTC", {"0 0 1 1 * 2099": 1, "0 0 2 1 * 2099": 0}),
}


def set_to(cases: dict[str, tuple[str, str, dict[str, int]]]) -> pytest.MarkDecorator:
    """A row for each case, on a small fleet whose clocks all say that its instant is soon."""
    values = []
    for instant, zone, jobs in cases.values():
        fleet = {"workers": 1, "masters": 1, "starting_at": at(instant) - SOON_SECONDS * 1000}
        values.append((fleet, at(instant), zone, jobs))
    return pytest.mark.parametrize(
        ("fleet", "instant", "zone", "jobs"), values, indirect=["fleet"], ids=cases
    )


def fires(trial: Trial, instant: int, zone: str, jobs: dict[str, int]) -> None:
    """Save jobs, each with how often it is to be started at the instant, and see that it is so."""
    names: dict[str, str] = {}
    for expr in jobs:
        names[expr] = f"clock-{len(names)}"
        trial.master().save(names[expr], trial.fleet.witness.command(), expr, timezone=zone)
    trial.master().save("clock-beat", trial.fleet.witness.command(), "* * * * * * *")
    assert trial.fleet.now_ms() < instant, "the fleet came up too late"

    def beat() -> list[int]:
        return sorted(start.plan for start in trial.fleet.witness.starts("clock-beat"))

    until(lambda: [plan for plan in beat() if plan >= instant + 2000], why="it is past the instant")
    starts = trial.fleet.witness.starts()
    found = {expr: [s.plan for s in starts if s.job == name] for expr, name in names.items()}
    assert found == {expr: [instant] * count for expr, count in jobs.items()}
    plans = beat()
    assert plans == list(range(plans[0], plans[-1] + 1, 1000))


@set_to(SCHEDULES)
def test_row_6_what_local_time_skips_or_repeats_runs_as_it_is_written(
    trial: Trial, instant: int, zone: str, jobs: dict[str, int]
) -> None:
    fires(trial, instant, zone, jobs)


@set_to(LEAPS)
def test_row_7_what_is_due_on_rare_days_runs_on_those_alone(
    trial: Trial, instant: int, zone: str, jobs: dict[str, int]
) -> None:
    fires(trial, instant, zone, jobs)
