"""Rows 14-17 and 20: what happens to one worker's way to etcd."""

import pytest

from tests.faults.http2_frames import OLD_SECONDS
from tests.faults.station import Station
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.faults.wires import CLEAR, HOLE, MUTED, NOTHING_DOWN, NOTHING_UP, REFUSED, Weather
from tests.waiting import pause, until

BAD_SECONDS = 8.0
"""Longer than the leases last."""


def is_back(trial: Trial, station: Station, seconds: float = 5.0) -> None:
    """Wait until a worker that is healed is registered, and knows what etcd has."""
    until(lambda: station.identity in trial.fleet.registered(), seconds, "it is registered")
    until(lambda: trial.knows(station), seconds, "its table is etcd's")


def test_row_14_a_worker_in_a_black_hole_starts_nothing_after_its_lease(trial: Trial) -> None:
    ticks = trial.job(1)
    long = trial.job(2, "sleep 60", name="long")
    start = long.wait_start()
    station = trial.fleet.station_of(start.parent)
    assert station
    with trial.fault("black hole"):
        station.reach_etcd(HOLE)
        dark = now_ms()
        again = long.wait_start(start.plan, timeout=trial.fleet.lost_after + 10)
        assert "could not renew its lease in time" in station.log()
        assert trial.fleet.station_of(again.parent) is not station
        ticks.wait_start(now_ms())
        station.reach_etcd(CLEAR)
    is_back(trial, station)
    trial.served_by(station)
    theirs = [s for s in ticks.starts() if s.parent in station.executors]
    silence = range(dark + int(1000 * trial.fleet.lost_after), trial.faults[-1].healed)
    assert [s for s in theirs if round(trial.instant(s)) in silence] == []


def test_row_14_a_run_that_outlived_its_lease_is_recorded_as_it_ended_and_marked(
    trial: Trial,
) -> None:
    long = trial.job(2, f"sleep {BAD_SECONDS + 4:g}", name="long")
    start = long.wait_start()
    station = trial.fleet.station_of(start.parent)
    assert station
    with trial.fault("black hole"):
        station.reach_etcd(HOLE)
        long.wait_start(start.plan, timeout=trial.fleet.lost_after + 10)
        pause(max(0.0, BAD_SECONDS - (now_ms() - start.plan) / 1000))
        station.reach_etcd(CLEAR)
    record = long.wait_record(lambda r: r.run_id == start.run_id and r.outcome == "success", 20)
    assert record.marked
    assert record.output == f"{start.run_id}\n"


def test_row_14_a_run_that_is_cut_off_is_dead_before_another_worker_starts_its_job(
    trial: Trial,
) -> None:
    long = trial.job(2, "trap '' TERM; sleep 60; sleep 60", name="cut-off", cutOff="kill")
    start = long.wait_start()
    station = trial.fleet.station_of(start.parent)
    assert station
    with trial.fault("black hole"):
        station.reach_etcd(HOLE)
        again = long.wait_start(start.plan, timeout=trial.fleet.lost_after + 10)
        assert again.alone, "the first run was still alive"
        assert trial.fleet.station_of(again.parent) is not station
        assert start.run_id not in long.alive().values()
        station.reach_etcd(CLEAR)
    is_back(trial, station)
    record = long.wait_record(lambda r: r.run_id == start.run_id and r.outcome == "killed", 20)
    assert record.reason == "its worker could not renew its lease (cutOff is kill)"


@pytest.mark.parametrize(
    ("weather", "seconds"),
    [
        (NOTHING_UP, BAD_SECONDS),
        (NOTHING_DOWN, BAD_SECONDS),
        (REFUSED, 4.0),
        (Weather(delay=0.75), 4.0),
        (Weather(delay=1.5), BAD_SECONDS),
    ],
    ids=["nothing up", "nothing down", "resets", "slow", "too slow"],
)
def test_row_15_a_bad_way_to_etcd_delays_one_worker_and_doubles_nothing(
    trial: Trial, weather: Weather, seconds: float
) -> None:
    ticks = trial.job(1)
    other = trial.job(2, "sleep 0.5", name="other")
    station = trial.fleet.stations[0]
    ticks.wait_start()
    with trial.fault(f"{weather}"):
        station.reach_etcd(weather)
        bad = now_ms()
        pause(seconds)
        other.wait_start(bad + 2000)
        station.reach_etcd(CLEAR)
    is_back(trial, station)
    trial.served_by(station)


@pytest.mark.parametrize("fleet", [{"workers": 1}], indirect=True, ids=["one worker"])
@pytest.mark.parametrize("broken", [False, True], ids=["late", "lost"])
def test_row_16_a_claim_whose_answer_is_lost_is_run_or_recorded_and_never_both(
    trial: Trial, broken: bool
) -> None:
    ticks = trial.job(1)
    (station,) = trial.fleet.stations
    for _ in range(3):
        ticks.wait_start(now_ms())
        with trial.fault("an answer is lost"):
            for wire in station.etcd:
                wire.trap(f"/cron/fired/{ticks.name}".encode())
            until(lambda: any(wire.sprung.is_set() for wire in station.etcd), why="a claim")
            pause(1.0)
            if broken:
                station.reset_etcd()
            for wire in station.etcd:
                wire.trap(b"")
            station.reach_etcd(CLEAR)
    ticks.wait_start(now_ms())


def test_row_17_what_was_compacted_while_a_worker_was_away_is_known_to_it(trial: Trial) -> None:
    ticks, edited, deleted = trial.job(1), trial.job(1, name="edited"), trial.job(1, name="deleted")
    station = trial.fleet.stations[0]
    until(lambda: trial.knows(station), why="it has heard of them")
    with trial.fault("black hole and compaction"):
        station.reach_etcd(HOLE)
        edited.save(note="second")
        deleted.delete()
        created = trial.job(1, name="created")
        trial.fleet.etcd.etcdctl("compact", str(trial.fleet.revision()))
        pause(BAD_SECONDS)
        station.reset_etcd()
        station.reach_etcd(CLEAR)
    is_back(trial, station)
    trial.served_by(station)
    for job in (ticks, created):
        job.wait_start(now_ms())
    assert edited.wait_start(now_ms()).note == "second"


def test_row_20_a_watch_that_dies_silently_is_noticed_and_replaced(trial: Trial) -> None:
    edited, deleted = trial.job(1, name="edited"), trial.job(1, name="deleted")
    station = trial.fleet.stations[0]
    until(lambda: trial.knows(station), why="it has heard of them")
    pause(2 * OLD_SECONDS)
    with trial.fault("silent watch"):
        station.reach_etcd(MUTED)
        edited.save(note="second")
        deleted.delete()
        pause(1.0)
        assert not trial.knows(station)
        until(lambda: trial.knows(station), why="the worker looks for itself")
        station.reach_etcd(CLEAR)
    assert edited.wait_start(now_ms()).note == "second"
    trial.served_by(station)
