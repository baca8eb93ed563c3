"""The shipped units under a real systemd: where jobs live, and what a stop leaves."""

from tests.booted.station import EXECUTOR, MASTER, WORKER, Station


def test_the_units_start_and_a_run_lives_in_the_executors_service(station: Station) -> None:
    guest = station.guest
    station.run("where", "cat /proc/self/cgroup")
    cgroup = station.record("where")["output"]
    assert f"/{EXECUTOR}.service/" in cgroup
    assert "-runs-" in cgroup
    for unit in (MASTER, WORKER, EXECUTOR):
        assert guest.sh(f"systemctl is-active {unit}").strip() == "active"
    assert guest.sh("systemctl list-units --failed --no-legend").strip() == ""
    assert station.pids("worker[.]executor")


def test_a_stop_ends_the_runs_and_their_service_and_leaves_nothing(station: Station) -> None:
    guest = station.guest
    cgroup = station.cgroup(EXECUTOR)
    station.run(
        "long", "setsid -f sleep 987654; sleep 987654", onRestart="keep", killGraceSeconds=1
    )
    guest.sh(f"systemctl stop {WORKER}", 60.0)
    guest.until(f"! systemctl is-active {EXECUTOR}")
    assert station.pids("sleep 987654") == []
    assert station.pids("worker[.](executor|nursery)") == []
    assert guest.attempt("test", "-e", cgroup).code != 0
    assert station.record("long")["outcome"] == "killed"


def test_the_death_of_an_executor_loses_its_runs_alone_and_another_takes_its_place(
    station: Station,
) -> None:
    station.run("lost", "sleep 987654")
    (executor,) = {
        pid
        for pid in station.pids("worker[.]executor ")
        for child in station.guest.attempt("pgrep", "-P", str(pid)).out.split()
        if child
    }
    before = station.main_pid(WORKER)
    station.guest.run("kill", "-KILL", str(executor))
    assert station.record("lost")["outcome"] == "lost"
    assert station.pids("sleep 987654") == []
    station.guest.until("test $(pgrep -fc 'worker[.]executor ') = 2")
    assert station.main_pid(WORKER) == before
    station.run("after", "echo hi")
    assert station.record("after")["output"] == "hi\n"


def test_the_death_of_the_nursery_is_overcome(station: Station) -> None:
    guest = station.guest
    guest.run("kill", "-KILL", str(station.main_pid(EXECUTOR)))
    guest.until(f"systemctl is-active {EXECUTOR} {WORKER}", 60.0)
    guest.until("test $(pgrep -fc 'worker[.]executor ') = 2", 60.0)
    station.run("after", "echo hi")
    assert station.record("after")["output"] == "hi\n"


def test_two_workers_of_a_host_have_executors_of_their_own(station: Station) -> None:
    guest = station.guest
    guest.sh(f"systemctl start {WORKER}@second", 60.0)
    assert guest.sh(f"systemctl is-active {EXECUTOR}@second {EXECUTOR}").split() == ["active"] * 2
    guest.sh(f"systemctl stop {WORKER}@second", 60.0)
    guest.until(f"! systemctl is-active {EXECUTOR}@second")
    assert guest.sh(f"systemctl is-active {EXECUTOR}").strip() == "active"
