"""The calls about single runs, over a real socket."""

from __future__ import annotations

import pytest

from common import keys
from common.owed import ENDED, RUNNING, WAITING, Owed, pack
from common.store import Store, put
from tests.integration.mastering import NOON, Caller, a_job

RUN = f"a@{NOON}"


@pytest.fixture(autouse=True)
def a_run(store: Store, master: Caller) -> None:
    """A job of which something runs."""
    master.save(**a_job())
    put(store, keys.run("a", RUN), pack(Owed(RUNNING, "10.0.0.7.0123abcd", NOON, 0, 1)))


def test_a_kill_without_a_wait_says_what_it_means_to_hit(master: Caller) -> None:
    answer = master.post_json("/api/v1/kill", {"name": "a", "waitSeconds": 0})
    assert (answer.status, answer.errno, answer.data["dead"]) == (200, 0, False)
    (run,) = answer.data["runs"]
    assert (run["runId"], run["worker"], run["state"]) == (RUN, "10.0.0.7", "running")


def test_a_kill_of_a_run_that_is_over_says_how_it_ended(store: Store, master: Caller) -> None:
    owed = Owed(ENDED, "10.0.0.7.0123abcd", NOON, 0, 1, outcome="failed", err="exit status 3")
    put(store, keys.run("a", RUN), pack(owed))
    answer = master.post_json("/api/v1/kill", {"name": "a", "run": RUN})
    assert (answer.errno, answer.msg) == (-1, f"{RUN} is over: failed: exit status 3")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "name: is missing"),
        ({"name": 7}, "name: expected text, got a number"),
        ({"name": "gone"}, "no job named 'gone'"),
        ({"name": "a", "rum": "x"}, "rum: is not a field of this call; did you mean run?"),
        ({"name": "a", "run": ["x"]}, "run: expected text, got a list"),
        ({"name": "a", "run": ""}, "run: must not be empty; left out it means all"),
        ({"name": "a", "waitSeconds": -1}, "waitSeconds: expected seconds from 0 to 3600"),
        ({"name": "a", "waitSeconds": True}, "waitSeconds: expected a number"),
        ([], "body: expected a JSON object"),
        (b'{"name": "a", "waitSeconds": NaN}', "body: not valid JSON"),
        (b'{"name": "a", "waitSeconds": ' + b"9" * 5000 + b"}", "5000 digits is too long"),
        (b"[" * 100_000, "body: not valid JSON: it is nested too deeply"),
        ({"name": "a", "run": "\ud800"}, "run: half of a surrogate pair is not text"),
    ],
)
def test_what_is_wrong_with_a_kill_is_said(
    store: Store, master: Caller, body: object, problem: str
) -> None:
    answer = master.post_json("/api/v1/kill", body)
    assert answer.errno == -1
    assert problem in answer.msg
    assert store.get(keys.killer("a")) is None


def test_a_kill_by_a_form_is_refused_as_another_page_could_send_one(master: Caller) -> None:
    assert master.post("/api/v1/kill", name="a").status == 415


def test_the_runs_of_a_job_that_wait_or_run_are_told(store: Store, master: Caller) -> None:
    for plan, state in ((NOON + 1000, WAITING), (NOON + 2000, ENDED)):
        owed = Owed(state, "10.0.0.8.0123abcd", plan, 0, 1, outcome="success" * (state == ENDED))
        put(store, keys.run("a", f"a@{plan}"), pack(owed))
    put(store, keys.run("a", "a@malformed"), b"{}")
    put(store, keys.run("a/b", f"a/b@{NOON}"), b"{}")
    live = master.get("/api/v1/runs?name=a").data
    assert [(run["runId"], run["state"], run["worker"]) for run in live] == [
        (RUN, "running", "10.0.0.7"),
        (f"a@{NOON + 1000}", "waiting", "10.0.0.8"),
    ]
    known = master.get("/api/v1/runs?name=a&ended=1").data
    assert [run["text"] for run in known if run not in live] == ["success"]


def test_the_runs_of_a_job_that_is_not_there_are_refused(master: Caller) -> None:
    assert master.get("/api/v1/runs?name=gone").msg == "no job named 'gone'"
    assert "name: is missing" in master.get("/api/v1/runs").msg


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "name: is missing"),
        ({"name": "gone"}, "no job named 'gone'"),
        ({"name": "a", "wroker": "x"}, "wroker: is not a field of this call; did you mean worker?"),
        ({"name": "a", "worker": "w", "host": "h"}, "host: give either a worker or a host"),
        ({"name": "a", "worker": 7}, "worker: expected text, got a number"),
        ({"name": "a", "worker": ""}, "worker: must not be empty; left out it means all"),
        ({"name": "a", "host": ""}, "host: must not be empty; left out it means all"),
        ({"name": "a", "host": "nowhere"}, "host: 'nowhere' is not registered"),
    ],
)
def test_what_is_wrong_with_a_run_now_is_said(
    store: Store, master: Caller, body: object, problem: str
) -> None:
    answer = master.post_json("/api/v1/run", body)
    assert (answer.errno, problem in answer.msg) == (-1, True), answer.msg
    assert store.snapshot("/cron/trigger/").entries == ()


def test_a_run_that_was_asked_for_has_a_state_at_once(master: Caller) -> None:
    (run_id,) = master.post_json("/api/v1/run", {"name": "a"}).data["runs"]
    assert master.get("/api/v1/run", id=run_id).data["state"] == "asked"
    assert master.get("/api/v1/run", id=RUN).data["text"] == "runs on 10.0.0.7"


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({}, "id: is missing"),
        ({"id": "a@1"}, "no run 'a@1' of the job 'a' is known"),
        ({"id": "nonsense"}, "'nonsense' is no run of the job"),
        ({"id": RUN, "name": "b"}, "is no run of the job 'b'"),
        ({"id": RUN, "waitSeconds": "x"}, "waitSeconds: 'x' is not a whole number"),
    ],
)
def test_what_is_wrong_with_a_question_about_a_run_is_said(
    master: Caller, query: dict[str, str], problem: str
) -> None:
    answer = master.get("/api/v1/run", **query)
    assert (answer.errno, problem in answer.msg) == (-1, True), answer.msg


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("why?name=a&nxet=1", "nxet: is not a field of this call; did you mean next?"),
        ("run?id=a&nmae=a", "nmae: is not a field of this call; did you mean name?"),
        ("runs?name=a&state=running", "state: is not a field of this call"),
        ("job?name=a&log=1", "log: is not a field of this call"),
        ("explain?expr=@daily&cuont=1", "cuont: is not a field of this call; did you mean count?"),
    ],
)
def test_a_field_of_a_query_that_is_misspelt_is_refused(
    master: Caller, asked: str, problem: str
) -> None:
    assert master.get(f"/api/v1/{asked}").msg == problem


def test_a_check_that_is_misspelt_saves_nothing(store: Store, master: Caller) -> None:
    answer = master.post_json("/api/v1/jobs?chekc=1", a_job(name="b"))
    assert (answer.errno, store.get(keys.job("b"))) == (-1, None)


@pytest.mark.parametrize("long", ["x" * 3000, "a@" + "1" * 3000, "a@1!" + "0f" * 1500])
def test_what_is_over_long_is_told_in_a_short_sentence(master: Caller, long: str) -> None:
    answers = [
        master.post_json("/api/v1/kill", {"name": "a", "run": long}),
        master.post_json("/api/v1/kill", {"name": long}),
        master.post_json("/api/v1/run", {"name": long}),
        master.post_json("/api/v1/run", {"name": "a", "worker": long}),
        master.get("/api/v1/run", name="a", id=long),
        master.get("/api/v1/run", name=long, id=long),
        master.get("/api/v1/runs", name=long),
        master.get("/api/v1/job", name=long),
        master.post_json("/api/v1/worker/drain", {"worker": long}),
        master.post_json("/api/v1/worker/forget", {"worker": long}),
        master.post_json("/api/v1/pause", {"name": "a", "name" + long: 1}),
        master.get("/api/v1/why", name=long),
    ]
    assert [answer.errno for answer in answers] == [-1] * len(answers)
    for answer in answers:
        assert long[:141] not in answer.msg
