"""A worker that is killed, and killed again, while nothing can be recorded: nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.fleet import EVERY_SECOND, Master, lines, ready, stores, workers
from tests.acceptance.test_restart import owed
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.waiting import until

LEASES = {"lost_after_seconds": 15, "registration_seconds": 4}


@pytest.fixture
def away(tmp_path: Path) -> Iterator[MongoServer]:
    """A MongoDB server that was never started."""
    made = MongoServer(tmp_path / "mongodb")
    yield made
    made.kill()


def test_ends_are_recorded_whole_and_once_after_their_executors_and_two_lives_were_killed(
    tmp_path: Path, own_etcd: EtcdServer, away: MongoServer
) -> None:
    settings = stores([own_etcd.endpoint], away.uri)
    master = Master(tmp_path / "master", settings)
    (worker,) = workers(tmp_path, 1, settings, stop_timeout_seconds=1, **LEASES)
    witness = tmp_path / "witness"
    witness.touch(0o666)
    witness.chmod(0o666)
    with ready([master, worker]):
        master.save("tick", f"echo $FLEETCRON_RUN_ID | tee -a {witness}; exit 3", EVERY_SECOND)
        for executors in (True, False):
            _more(witness)
            worker.die(executors)
            worker.start()
        _more(witness)
        away.start()
        ran = set(lines(witness))
        until(lambda: ran <= _recorded(master).keys(), 120, why="each run is recorded")
        outputs = _recorded(master)
        cut = [run_id for run_id in ran if outputs[run_id] != f"{run_id}\n"]
        assert len(cut) <= 1, "but for the one that ran when its executor was killed"
        master.call("/job/delete", name="tick")
        until(lambda: owed(own_etcd) == [], 120, why="and owed no more")
        homes = tmp_path / "data0"
        until(
            lambda: len(list(homes.glob("**/executors/*/"))) == 1,
            60,
            "no former life's spool is left",
        )


def _more(witness: Path) -> None:
    """Wait for two further runs."""
    before = len(lines(witness))
    until(lambda: len(lines(witness)) >= before + 2, 60, why="further runs")


def _recorded(master: Master) -> dict[str, str]:
    """The outputs of all runs that are recorded; each is once."""
    logs = master.logs("tick", 1000)
    found = {log["runId"]: log["output"] for log in logs}
    assert len(found) == len(logs)
    return found
