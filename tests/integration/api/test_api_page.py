"""The page and the master know the same calls."""

import re
from dataclasses import fields, replace

from common import keys
from common.audit import EDITS, WHATS
from common.clock import SystemClock
from common.log_store import LogBatch
from common.owed import RUNNING, Owed, pack
from common.record import OUTCOMES, TRIGGERS
from common.sqlite_log import SqliteLogStore
from common.store import Store, put
from master.export import COLUMNS
from master.keeper_state import KeeperState
from master.pages import DIRECTORY
from master.record_query import FILTERS
from tests.contract.log_store_room import run
from tests.integration.mastering import NOON, Caller, a_job
from worker.spool_news import SpoolNews
from worker.spool_state import SpoolState

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
    assert reads("jobs.js", "row") <= {*listed}
    assert reads("jobs.js", "places") | FIELDS_OF_A_PAUSE <= {*listed["job"]}
    assert reads("workers.js", "clockText") | reads("workers.js", "beside") | {"id"} <= {*worker}
    assert reads("kill.js", "choice") <= {*live}
    assert reads("kill.js", "lines") <= {*killed}
    assert {"runId", "state", "outcome", "worker"} <= {*killed["runs"][0]}
    assert reads("run.js", "line") | {"record"} <= {*state}
    assert reads("why.js", "lines") <= {*why}
    assert why["answer"][0]


def test_answers_about_records_have_what_the_scripts_read_of_them(
    master: Caller, store: Store, logs: SqliteLogStore
) -> None:
    logs.write(LogBatch(tuple(run("a", n, worker="w", outcome="success") for n in range(2))))
    KeeperState(store, "m", lambda: NOON).passed({"age": 1}, NOON, 1, "")
    page = master.get("/api/v1/records", job="a", limit=1).data
    counts = master.get("/api/v1/records/counts", job="a").data
    stats = master.get("/api/v1/job/stats", name="a").data
    kept = master.get("/api/v1/retention").data
    assert reads("records.js", "told") <= {*page}
    assert {"records", "next", "complete"} <= {*page}
    assert reads("counts.js", "items") == {*counts}
    assert reads("stats.js", "sentence") | {"runs"} <= {*stats}
    assert reads("retention.js", "lines") <= {*kept}
    assert reads("retention.js", "pass") <= {*kept["last"]}
    for script, function in (
        ("output.js", "tookOf"),
        ("record.js", "usage"),
        ("record.js", "printed"),
        ("record.js", "missed"),
    ):
        assert reads(script, function) <= {*COLUMNS}
    assert master.get("/api/v1/record", id=page["records"][0]["runId"]).data["jobName"] == "a"


def test_answers_about_edits_have_what_the_scripts_read_of_them(master: Caller) -> None:
    master.save(**a_job())
    master.save(**a_job(command="false"))
    audit = master.get("/api/v1/audit", job="a").data
    page = master.get("/api/v1/revisions", name="a").data
    assert reads("audit.js", "told") <= {*audit}
    changed = audit["entries"][0]
    assert {"at", "what", "job", "by", "from", "fields", "before", "after"} <= {*changed}
    assert (changed["before"]["command"], changed["after"]["command"]) == ("true", "false")
    newest, first = page["revisions"]
    assert {"revision", "what", "at", "by", "from", "fields", "reason", "current"} <= {*newest}
    assert {"next", "problem"} <= {*page}
    wanted = {"name": "a", "revision": first["revision"]}
    assert master.get("/api/v1/revision", **wanted).data["job"]["command"] == "true"
    assert {"changed", "warnings"} <= {*master.post_json("/api/v1/restore", wanted).data}


def test_a_search_of_the_page_is_a_query_of_the_call(master: Caller) -> None:
    assert names_in("search") | {"outcome"} == {*FILTERS, "text", "pattern"}
    assert names_in("audit-search") | {"what"} == {"job", "by", "what", "since", "until"}
    (triggers,) = re.findall(r'<select id="search-trigger".*?</select>', page_text(), re.S)
    assert re.findall(r'value="([^"]+)"', triggers) == [*TRIGGERS]
    assert words("records.js", "OUTCOMES") == [*OUTCOMES]
    assert words("audit.js", "EDITS") == [*EDITS]
    assert words("audit.js", "EDITS") + words("audit.js", "WHATS") == [*WHATS]
    for outcome in OUTCOMES:
        assert master.get("/api/v1/records", outcome=outcome).errno == 0


def test_all_that_a_worker_says_of_its_spool_is_shown() -> None:
    counts = {each.name: 1 for each in fields(SpoolState) if each.type == "int"}
    state = replace(SpoolState(), **counts)  # type: ignore[arg-type]
    told = {*SpoolNews(lambda: state, SystemClock()).told()}
    (lost,) = re.findall(r"^const LOST = \{(.*?)^\};", script_text("workers.js"), re.M | re.S)
    assert told <= reads("workers.js", "spool") | {*re.findall(r"(\w+): \"", lost)}
    assert len(told) >= 7


def page_text() -> str:
    """The page's HTML."""
    return (DIRECTORY / "index.html").read_text()


def script_text(script: str) -> str:
    """What a script says."""
    return (DIRECTORY / script).read_text()


def names_in(form: str) -> set[str]:
    """The names of a form's fields."""
    (inside,) = re.findall(rf'<form id="{form}".*?</form>', page_text(), re.S)
    return set(re.findall(r' name="([^"]+)"', inside))


def words(script: str, name: str) -> list[str]:
    """The words that stand in a constant of a script."""
    (found,) = re.findall(rf"^const {name} = \[([^]]+)\];", script_text(script), re.M)
    return re.findall(r'"([^"]+)"', found)


def reads(script: str, function: str) -> set[str]:
    """The fields that a function of a script takes out of its last argument."""
    (found,) = re.findall(
        rf"^(?:export )?function {function}\((?:query, )?\{{ ([^}}]+) \}}\)",
        script_text(script),
        re.M,
    )
    fields = (field.partition(":")[0] for field in found.split(", "))
    return {field for field in fields if not field.startswith("...")}
