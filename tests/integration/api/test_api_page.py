"""The page and the master know the same calls."""

import re

from common import keys
from common.owed import RUNNING, Owed, pack
from common.store import Store, put
from master.pages import DIRECTORY
from tests.integration.mastering import NOON, Caller, a_job

RUN = f"a@{NOON}"
LATER_MS = 4_000_000_000_000
FIELDS_OF_A_PAUSE = {"paused", "pausedUntil", "pauseReason", "pausedBy"}


def test_every_call_that_the_scripts_make_is_answered_by_the_master(master: Caller) -> None:
    script = "".join(path.read_text() for path in DIRECTORY.glob("*.js"))
    calls = set(re.findall(r'\b(get|send|post)\("(/[a-z0-9/]+)"', script))
    assert len(calls) >= 8
    for way, path in calls:
        answer = master.get(path) if way == "get" else master.post_json(path, {})
        assert answer.status != 404, path
        assert answer.status != 405, path


def test_answers_have_what_the_scripts_read_of_them(master: Caller, store: Store) -> None:
    pausing = {"name": "a", "until": LATER_MS, "reason": "holiday"}
    master.save(**a_job(where=["role=db"], hosts="all"))
    master.save(**a_job(name="b"))
    put(store, keys.worker("10.0.0.2"), b"")
    put(store, keys.run("a", RUN), pack(Owed(RUNNING, "10.0.0.7.0123abcd", NOON, 0, 1)))
    assert master.post_json("/api/v1/pause", pausing).errno == 0
    ((listed, _), (worker,), (live,)) = (
        master.get(f"/api/v1/{call}").data for call in ("jobs", "workers", "runs?name=a")
    )
    killed = master.post_json("/api/v1/kill", {"name": "a", "waitSeconds": 0}).data
    (asked,) = master.post_json("/api/v1/run", {"name": "b"}).data["runs"]
    state = master.get("/api/v1/run", name="b", id=asked).data
    assert "warnings" in master.get("/api/v1/job?name=a").data
    why = master.get("/api/v1/why?name=a&next=1").data
    assert reads("app.js", "row") <= {*listed}
    assert reads("app.js", "places") | FIELDS_OF_A_PAUSE <= {*listed["job"]}
    assert reads("workers.js", "clockText") | reads("workers.js", "beside") | {"id"} <= {*worker}
    assert reads("kill.js", "choice") <= {*live}
    assert reads("kill.js", "lines") <= {*killed}
    assert {"runId", "state", "outcome", "worker"} <= {*killed["runs"][0]}
    assert reads("run.js", "line") | {"record"} <= {*state}
    assert reads("why.js", "lines") <= {*why}
    assert why["answer"][0]


def reads(script: str, function: str) -> set[str]:
    """The fields that a function of a script takes out of its one argument."""
    (found,) = re.findall(
        rf"^function {function}\(\{{ ([^}}]+) \}}\)", (DIRECTORY / script).read_text(), re.M
    )
    return set(found.split(", "))
