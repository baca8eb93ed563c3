"""Runs that are asked for by hand, in a fleet of real daemons."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fleet import Daemon, Master, own, ready, running, workers
from tests.waiting import until

NEVER_SOON = "0 0 1 1 *"


@pytest.fixture
def crew(tmp_path: Path, etcd_and_log: dict[str, Any]) -> Iterator[list[Daemon]]:
    """Three workers that are ready."""
    made = workers(tmp_path, 3, etcd_and_log, stop_timeout_seconds=2)
    with ready(made):
        yield made


def post(master: Master, path: str, **body: Any) -> Any:
    """The `data` of an answer to a JSON body."""
    connection = http.client.HTTPConnection("127.0.0.1", master.port, timeout=60)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    assert answer["errno"] == 0, answer
    return answer["data"]


def run(master: Master, **body: Any) -> str:
    """Ask for one run; its id."""
    (run_id,) = post(master, "/api/v1/run", **body)["runs"]
    return str(run_id)


def ended(master: Master, run_id: str) -> Any:
    """The state of a run once its record is there."""
    return until(lambda: over(master, run_id), 60, f"the end of {run_id}")


def over(master: Master, run_id: str) -> Any:
    """The state of a run if its record is there."""
    state = master.call(f"/api/v1/run?id={run_id}&waitSeconds=5")
    return state if state["record"] else None


def test_each_run_is_taken_up_by_one_worker_and_on_the_one_that_was_chosen(
    master: Master, crew: list[Daemon]
) -> None:
    master.save(own("hand"), "true", NEVER_SOON)
    names = [f"10.9.8.7:w{number}" for number in range(3)]
    chosen = {run(master, name=own("hand"), worker=name): name for name in names}
    for run_id, name in chosen.items():
        state = ended(master, run_id)
        assert state["outcome"] in ("success", "skipped_overlap")
        assert state["worker"] == name
    assert ended(master, run(master, name=own("hand")))["outcome"] == "success"
    assert len(master.logs(own("hand"))) == 4


def test_what_the_first_in_rank_does_not_take_up_another_does(
    master: Master, crew: list[Daemon]
) -> None:
    master.save(own("hand"), "true", NEVER_SOON)
    first = ended(master, run(master, name=own("hand")))["worker"]
    frozen = crew[int(first[-1])]
    frozen.child.freeze()
    try:
        state = ended(master, run(master, name=own("hand")))
    finally:
        frozen.child.thaw()
    assert (state["outcome"], state["worker"] != first) == ("success", True)


def test_a_run_for_a_worker_that_stands_still_waits_for_it_and_can_be_taken_back(
    master: Master, crew: list[Daemon]
) -> None:
    master.save(own("hand"), "true", NEVER_SOON, overlap="allow")
    crew[0].child.freeze()
    try:
        asked = run(master, name=own("hand"), worker="10.9.8.7:w0")
        back = run(master, name=own("hand"), worker="10.9.8.7:w0")
        state = master.call(f"/api/v1/run?id={asked}")
        assert state["text"] == "asked for, 10.9.8.7:w0 has not taken it up yet"
        killed = post(master, "/api/v1/kill", name=own("hand"), run=back)
        assert (killed["runs"][0]["outcome"], killed["dead"]) == ("not_started", True)
    finally:
        crew[0].child.thaw()
    assert ended(master, asked)["worker"] == "10.9.8.7:w0"
    assert ended(master, back)["record"]["reason"].startswith("killed on request")


def test_a_kill_is_answered_once_nothing_of_it_is_left(master: Master, crew: list[Daemon]) -> None:
    master.save(own("hand"), "sleep 1000 & sleep 1000", NEVER_SOON, overlap="allow")
    runs = [run(master, name=own("hand")) for _ in range(5)]
    until(lambda: all(running(run_id) for run_id in runs), why="all of them run")
    answer = post(master, "/api/v1/kill", name=own("hand"))
    assert not running(own("hand@"))
    assert {each["runId"]: each["outcome"] for each in answer["runs"]} == dict.fromkeys(
        runs, "killed"
    )
