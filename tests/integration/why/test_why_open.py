"""Why, of instants that nobody has settled: what stands in the way now, and what is to come."""

from pathlib import Path

import pytest

from common import keys
from common.clock import Reading
from common.clock_news import source_of
from common.drain import Drain, pack_drain
from common.errors import LogStoreLost
from common.sqlite_log import SqliteLogStore
from common.sqlite_store import SqliteStore
from common.store import delete, put
from tests.integration.mastering import NOON
from tests.integration.why.scene import HOUR, ME, Scene

OTHER = "10.0.0.2"


@pytest.fixture
def due(scene: Scene) -> Scene:
    """The job's watermark stands before noon: nobody has settled that yet."""
    scene.job()
    scene.settled(NOON - HOUR)
    return scene


def test_without_any_worker_the_fleet_is_stopped(due: Scene) -> None:
    assert due.first("fleet_stopped") == (
        "No worker is registered: the whole fleet is stopped or cut off from the store."
    )
    assert "It may still run until its start deadline." in due.ask()["answer"]
    due.clock.ms += 120_000
    assert "It will be" not in due.first("fleet_stopped")
    assert any("recorded as missed." in each for each in due.ask()["answer"])


def test_with_go_workers_alone_nobody_of_ours_is_there(due: Scene) -> None:
    put(due.store, keys.worker(OTHER), b"")
    said = due.first("no_worker")
    assert said == f"No worker of fleetcron is registered, only Go ones: {OTHER}."


def test_where_no_worker_matches_each_is_told_with_the_term_that_fails(due: Scene) -> None:
    due.edit(NOON - 2 * HOUR, "ann", where=["role=db", "site!=west"])
    due.worker(ME, labels={"role": "web"})
    due.worker(OTHER, labels={"role": "db", "site": "west"})
    found = due.ask()
    assert found["cause"] == "no_match"
    assert found["answer"][:3] == [
        "No registered worker matches what the job asks for (role=db, site!=west).",
        f"{ME} (host host-{ME}) fails role=db.",
        f"{OTHER} (host host-{OTHER}) fails site!=west.",
    ]


def test_of_many_workers_that_do_not_match_ten_are_named(due: Scene) -> None:
    due.edit(NOON - 2 * HOUR, "ann", where=["role=db"])
    for number in range(30):
        due.worker(f"10.0.1.{number}")
    said = due.ask()["answer"]
    assert sum("fails role=db" in each for each in said) == 10
    assert "So do 20 more." in said


def test_where_all_are_draining_it_says_by_whom(due: Scene) -> None:
    due.worker(ME)
    put(due.store, keys.drain(ME), pack_drain(Drain("bob", NOON, "new kernel")))
    due.worker(OTHER, draining=True)
    found = due.ask()
    assert found["cause"] == "draining"
    assert found["answer"][0].startswith("Every worker is draining or about to end")
    assert f"{ME} (host host-{ME}) is drained by bob (new kernel)." in found["answer"]


def test_where_all_are_full_they_are_named(due: Scene) -> None:
    due.worker(ME, room=False)
    due.worker(OTHER, room=False)
    assert due.first("no_slot") == f"Every worker that may run it is full ({ME}, {OTHER})."


def test_where_they_are_full_for_want_of_something_else_than_slots_it_is_said_of_what(
    due: Scene,
) -> None:
    due.worker(ME, room=False, shortOf="processes of the host: 30 of 32, 80% may be taken")
    found = due.ask()
    assert found["answer"][:2] == [
        f"Every worker that may run it is full ({ME}).",
        f"{ME} (host host-{ME}) is short of processes of the host: 30 of 32, 80% may be taken.",
    ]


def test_where_all_clocks_are_off_it_says_by_how_much(due: Scene) -> None:
    due.worker(ME)
    now = Reading(1_800_000_000_000, 1000.0)
    due.clocks.measured(source_of(keys.worker(ME)), now.wall_ms + HOUR, now, 0.0)
    found = due.ask()
    assert found["cause"] == "clock"
    assert found["answer"][1] == f"{ME} (host host-{ME}) is 3600.0 s ahead."


def test_a_lock_of_a_go_worker_is_named(due: Scene) -> None:
    due.worker()
    put(due.store, keys.lock("a"), b"")
    assert due.first("lock_foreign") == "A worker of the Go system holds the job's lock."


def test_a_run_that_still_holds_the_job_is_named(due: Scene) -> None:
    due.worker()
    due.locked(due.owed(NOON - HOUR))
    assert due.first("lock").startswith(f"a@{NOON - HOUR} still holds the job")


def test_a_store_that_takes_no_writes_is_named(due: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    due.worker()
    said = "etcd takes no writes: it has used up its quota"
    monkeypatch.setattr(SqliteStore, "problems", lambda _: [said])
    found = due.ask()
    assert found["cause"] == "store"
    assert found["answer"][:2] == ["The store takes no writes, so nothing can be claimed.", said]


def test_what_is_due_this_moment_is_pending(due: Scene) -> None:
    due.worker()
    assert due.first("pending").startswith("It is due now, and no worker has claimed it yet")


def test_a_job_that_no_worker_has_taken_up_yet_is_pending(scene: Scene) -> None:
    scene.job()
    delete(scene.store, keys.fired("a"))
    scene.worker()
    assert scene.first("pending").startswith("No worker has taken the job up yet")


def test_what_nobody_recorded_in_time_is_called_unsettled(due: Scene) -> None:
    due.worker()
    due.clock.ms += HOUR // 2
    assert due.first("unsettled").startswith("No worker has run it or recorded why not")


def test_what_is_to_come_will_run_on_those_that_match(scene: Scene) -> None:
    scene.job(where=["role=db"])
    scene.worker(ME, labels={"role": "db"})
    scene.worker(OTHER, labels={"role": "web"})
    assert scene.first("will_run", next=1) == (
        "It will run at 2023-11-15 13:00:00 UTC, on the one worker that may run it (10.0.0.1)."
    )


def test_what_is_to_come_on_several_hosts_says_on_how_many(scene: Scene) -> None:
    scene.job(hosts=3)
    scene.worker(ME)
    scene.worker(OTHER)
    found = scene.ask(next=1)
    assert "on 2 of the 2 workers that may run it" in found["answer"][0]
    assert found["answer"][1] == "It asks for 3 hosts: the other 1 will be missed."
    scene.edit(NOON, "ann", hosts="all")
    assert "on each of the 2 workers" in scene.first("will_run", next=1)


def test_what_is_to_come_without_a_worker_says_that_it_will_not_run(scene: Scene) -> None:
    scene.job()
    assert scene.first("fleet_stopped", next=1).startswith("As things are it will not run.")


def test_a_run_that_is_out_may_hinder_what_is_to_come(scene: Scene) -> None:
    scene.job(overlap="queue")
    scene.worker()
    run_id = scene.owed(start_time=NOON)
    said = scene.ask(next=1)["answer"]
    assert f"Now {run_id} is running; if that lasts until then, it waits." in said


def test_while_the_log_store_is_away_it_says_what_is_known_without(
    due: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> list[object]:
        raise LogStoreLost("no answer in 5 s")

    monkeypatch.setattr(SqliteLogStore, "planned", lost)
    due.owed(start_time=NOON)
    found = due.ask()
    assert found["cause"] == "running"
    assert "The log store could not be asked: no answer in 5 s." in found["answer"]


@pytest.mark.parametrize("more", [{}, {"cronExpr": "30 * * * *"}], ids=str)
def test_what_records_alone_could_tell_is_not_said_to_be_gone_while_they_cannot_be_read(
    due: Scene, monkeypatch: pytest.MonkeyPatch, more: dict[str, str]
) -> None:
    asked = []

    def lost(*_: object) -> list[object]:
        asked.append("planned")
        raise LogStoreLost("no answer in 5 s")

    monkeypatch.setattr(SqliteLogStore, "planned", lost)
    due.settled(NOON)
    if more:
        due.edit(NOON + 10_000, "bob", **more)
    found = due.ask(at=NOON)
    assert found["cause"] == "log_store"
    assert found["answer"][0] == (
        "What became of it is not known now: the log store does not answer."
    )
    assert not any("its record was removed" in each.lower() for each in found["answer"])
    assert asked == ["planned"], "each further question would wait for its own time limit"


def test_malformed_keys_beside_the_job_change_nothing(due: Scene, tmp_path: Path) -> None:
    due.worker()
    before = due.ask()
    put(due.store, keys.worker("10.9.9.9"), b"{no json")
    put(due.store, keys.drain("10.9.9.9"), b"\xff")
    put(due.store, keys.run("a", f"a@{NOON}!\x00"), b"{}")
    put(due.store, keys.run("a", f"a@{NOON - 1}"), b"nothing")
    put(due.store, keys.trigger("a", "beef"), b"nothing")
    put(due.store, keys.changes("other"), b"nothing")
    put(due.store, keys.fired("a#7"), b"soon")
    assert due.ask()["answer"][0] == before["answer"][0]
