"""A worker that is killed, and killed again, while nothing can be recorded: nothing is lost.

Nor is anything told twice.
"""

import signal
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.acceptance.fleet import (
    EVERY_SECOND,
    Daemon,
    Master,
    lines,
    open_file,
    ready,
    stores,
    workers,
)
from tests.acceptance.test_restart import owed
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.waiting import until

LEASES = {"lost_after_seconds": 15, "registration_seconds": 4}


def test_ends_are_recorded_whole_and_once_and_told_once_after_executors_and_lives_were_killed(
    tmp_path: Path, own_etcd: EtcdServer, away: MongoServer
) -> None:
    settings = stores([own_etcd.endpoint], away.uri)
    master = Master(tmp_path / "master", settings)
    heard = tmp_path / "heard"
    telling = f"echo $FLEETCRON_RECORD,$FLEETCRON_OUTCOME >> {heard}"
    own = {**LEASES, "on_failure_command": telling}
    (worker,) = workers(tmp_path, 1, settings, stop_timeout_seconds=1, **own)
    witness = open_file(tmp_path / "witness")
    with ready([master, worker]):
        command = f"echo $FLEETCRON_RUN_ID | tee -a {witness}; exit 3"
        master.save("tick", command, EVERY_SECOND, retries=1, retryDelaySeconds=0)
        _more(witness)
        _kill_executors(worker)
        for executors in (True, False):
            _more(witness)
            until(lambda: _heard(heard, lines(witness)[-2:]), why="they are told")
            worker.die(executors)
            worker.start()
        _more(witness)
        away.start()
        ran = set(lines(witness))
        until(lambda: ran <= _recorded(master).keys(), 120, why="each run is recorded")
        outputs = _recorded(master)
        cut = [run_id for run_id in ran if outputs[run_id] != f"{run_id}\n"]
        assert len(cut) <= 2, "but for those that ran when their executors were killed"
        until(lambda: _heard(heard, ran), why="all are told, what still waited then too")
        master.call("/job/delete", name="tick")
        until(lambda: owed(own_etcd) == [], 120, why="and owed no more")
        homes = tmp_path / "data0"
        until(
            lambda: len(list(homes.glob("**/executors/*/"))) == 1,
            60,
            "no former life's spool is left",
        )
        assert _twice(heard) == [], "on_failure_command is started once"
        assert _twice(witness) == [], "and so is each attempt"
        assert {run_id.partition("+")[2] for run_id in lines(witness)} == {"", "1"}


def _more(witness: Path) -> None:
    """Wait for two further runs."""
    before = len(lines(witness))
    until(lambda: len(lines(witness)) >= before + 2, 60, why="further runs")


def _twice(words: Path) -> list[str]:
    return [each for each, times in Counter(lines(words)).items() if times > 1]


def _kill_executors(worker: Daemon) -> None:
    before = worker.log().count("takes the place of one that was lost")
    victims = worker.executors()
    for victim in victims:
        victim.send_signal(signal.SIGKILL)
    until(
        lambda: worker.log().count("takes the place of one that was lost") - before == len(victims),
        why="others take their places",
    )


def _heard(heard: Path, run_ids: Iterable[str]) -> bool:
    """Whether all of these were told."""
    return {each.partition(",")[0] for each in lines(heard)} >= set(run_ids)


def _recorded(master: Master) -> dict[str, str]:
    """The outputs of all runs that are recorded; each is once."""
    logs = master.logs("tick", 1000)
    found = {log["runId"]: log["output"] for log in logs}
    assert len(found) == len(logs)
    return found
