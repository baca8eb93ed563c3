"""What a run prints is shown while it prints it: to many at once, from any byte, until its end."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from common import keys
from common.constants import RUN_LOOK_DIR
from common.live_output import LivePart, pack
from common.log_store import LogBatch
from common.owed import RUNNING, WAITING, Owed
from common.owed import pack as pack_owed
from common.record import JobLog
from common.sqlite_log import SqliteLogStore
from common.store import Store, delete, put
from common.trigger import Trigger
from common.trigger import pack as pack_trigger
from master import broadcast
from master.broadcasts import MOST_RUNS
from tests.integration.mastering import Caller, served
from tests.integration.viewing import Viewer
from tests.waiting import until

PLAN = 1_700_049_600_000
RUN = f"a@{PLAN}"


class Scene:
    """A master, and what a worker would do to its stores."""

    def __init__(self, store: Store, logs: SqliteLogStore, caller: Caller) -> None:
        self.store, self.logs, self.caller = store, logs, caller
        self.end = 0

    def runs(self, run_id: str = RUN, state: str = RUNNING) -> None:
        """A run of the worker 10.0.0.1."""
        owed = Owed(state, "10.0.0.1.0a1b2c3d", PLAN, 0, 7)
        put(self.store, keys.run("a", run_id), pack_owed(owed))

    def prints(self, output: bytes, start: int | None = None, run_id: str = RUN) -> None:
        """What the worker shows of it."""
        start = self.end if start is None else start
        self.end = start + len(output)
        part = LivePart(start, self.end, PLAN + 5, output)
        put(self.store, keys.output(run_id, start), pack(part))

    def ends(self, output: str = "", truncated: bool = False, total: int | None = None) -> None:
        """It is recorded, and its key goes."""
        size = len(output.encode()) if total is None else total
        times = (PLAN, PLAN, PLAN, PLAN + 9)
        record = JobLog("a", "true", "", output, *times, RUN, "success", "10.0.0.1")
        record = replace(record, output_bytes=size, truncated=truncated)
        self.logs.write(LogBatch((record,)))
        delete(self.store, keys.run("a", RUN))

    def view(self, last_seen: str = "", at: int | None = None) -> Viewer:
        """One more viewer, from so many bytes on."""
        return Viewer(self.caller.port, RUN, last_seen, **({} if at is None else {"from": at}))

    def looks(self) -> list[str]:
        """The keys that say that somebody looks."""
        return [entry.key for entry in self.store.snapshot(RUN_LOOK_DIR).entries]


@pytest.fixture
def scene(any_store: Store, logs: SqliteLogStore) -> Iterator[Scene]:
    """One on each store."""
    with served(any_store, logs) as caller:
        yield Scene(any_store, logs, caller)


def test_a_viewer_sees_what_was_printed_what_is_printed_and_the_end(scene: Scene) -> None:
    scene.runs()
    scene.prints(b"one\n")
    viewer = scene.view()
    assert viewer.kind.startswith("text/event-stream")
    viewer.until_text("one\n")
    scene.prints("zwö\n".encode())
    viewer.until_text("one\nzwö\n")
    assert viewer.states[-1]["live"] or viewer.hear()
    assert (viewer.states[0]["state"], viewer.states[0]["worker"]) == ("running", "10.0.0.1")
    scene.ends("one\nzwö\n")
    assert viewer.to_end() == "one\nzwö\n"
    assert viewer.end
    assert (viewer.end["outcome"], viewer.end["record"]["output"]) == ("success", "")
    assert (viewer.skipped, viewer.retry) == (0, True)


def test_many_viewers_are_one_look_and_none_are_none(scene: Scene) -> None:
    scene.runs()
    viewers = [scene.view() for _ in range(50)]
    scene.prints(b"one\n")
    for viewer in viewers:
        viewer.until_text("one\n")
    (look,) = scene.looks()
    assert look.startswith(keys.looks("10.0.0.1"))
    assert look.endswith(f"/{RUN}")
    for viewer in viewers[1:]:
        viewer.leave()
    scene.prints(b"two\n")
    viewers[0].until_text("one\ntwo\n")
    assert scene.looks() == [look]
    viewers[0].leave()
    until(lambda: not scene.looks(), why="nobody looks")


def test_who_comes_again_goes_on_where_it_was(scene: Scene) -> None:
    scene.runs()
    scene.prints(b"one\ntwo\n")
    for last_seen, at, text in (
        ("", 5, "wo\n"),
        ("4", None, "two\n"),
        ("6", 1, "o\n"),
        ("", 0, "one\ntwo\n"),
    ):
        viewer = scene.view(last_seen, at)
        viewer.until_text(text)
        assert viewer.skipped == 0
        viewer.leave()


def test_what_is_not_shown_is_counted(scene: Scene) -> None:
    scene.runs()
    scene.prints(b"one\n")
    scene.prints(b"late\n", start=1000)
    viewer = scene.view()
    viewer.until_text("one\nlate\n")
    assert viewer.skipped == 996


def test_a_part_that_comes_again_is_shown_once(scene: Scene) -> None:
    scene.runs()
    scene.prints(b"one\n")
    viewer = scene.view()
    viewer.until_text("one\n")
    scene.prints(b"one\n", start=0)
    scene.prints(b"e\ntwo\n", start=2)
    viewer.until_text("one\ntwo\n")
    assert viewer.skipped == 0


def test_what_did_not_come_live_comes_from_the_record(scene: Scene) -> None:
    scene.runs()
    scene.prints(b"one\n")
    viewer = scene.view()
    viewer.until_text("one\n")
    scene.ends("one\ntwo\nthree\n")
    assert viewer.to_end() == "one\ntwo\nthree\n"
    assert viewer.skipped == 0


def test_a_run_that_is_over_is_shown_from_its_record_at_once(scene: Scene) -> None:
    scene.ends("one\ntwo\n")
    assert scene.view().to_end() == "one\ntwo\n"
    viewer = scene.view(at=4)
    assert viewer.to_end() == "two\n"
    assert viewer.end
    assert scene.view(at=8).to_end() == ""
    assert scene.looks() == []


def test_a_record_with_a_gap_says_how_much_is_missing(scene: Scene) -> None:
    scene.ends("head\n... 991 bytes left out ...\ntail", truncated=True, total=1000)
    viewer = scene.view()
    assert (viewer.to_end(), viewer.skipped) == ("head\ntail", 991)
    viewer = scene.view(at=998)
    assert (viewer.to_end(), viewer.skipped) == ("il", 0)


def test_of_a_record_that_hides_secrets_something_may_be_shown_twice_and_all_is_shown(
    scene: Scene,
) -> None:
    scene.ends("is ***\nlast\n", total=25)
    for at, text in ((0, "is ***\nlast\n"), (4, "is ***\nlast\n"), (20, "last\n"), (25, "")):
        viewer = scene.view(at=at)
        assert (viewer.to_end(), viewer.skipped) == (text, 0)


def test_a_run_that_waits_is_shown_once_it_runs(scene: Scene) -> None:
    scene.runs(state=WAITING)
    viewer = scene.view()
    viewer.until_state("waits")
    assert scene.looks() == []
    scene.runs()
    viewer.until_state("runs on")
    until(scene.looks, why="the worker is told")


def test_where_the_worker_does_not_answer_it_is_said_when_the_output_comes(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "SILENT_SECONDS", 0.1)
    monkeypatch.setattr(broadcast, "ASK_SECONDS", 0.1)
    scene.runs()
    viewer = scene.view()
    viewer.until_state("its output is shown when it is over")
    scene.prints(b"")
    while not viewer.states[-1]["live"]:
        assert viewer.hear()
    assert viewer.states[-1]["text"] == "runs on 10.0.0.1"


def test_a_record_that_comes_long_after_its_key_went_is_waited_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "AWAY_SECONDS", 0.05)
    scene.runs()
    viewer = scene.view()
    viewer.until_state("runs on")
    delete(scene.store, keys.run("a", RUN))
    viewer.until_state("its record is still to come")
    scene.ends("one\n")
    assert viewer.to_end() == "one\n"
    assert viewer.end


def test_a_run_that_was_asked_for_and_called_off_is_shown_no_more(scene: Scene) -> None:
    run_id = f"a@{PLAN}!0a1b2c3d"
    trigger = keys.trigger("a", "0a1b2c3d")
    put(scene.store, trigger, pack_trigger(Trigger(PLAN, PLAN + 600_000)))
    viewer = Viewer(scene.caller.port, run_id)
    viewer.until_state("no worker has taken it up yet")
    delete(scene.store, trigger)
    put(scene.store, keys.run("a", run_id), b"")  # what it is told by that something changed
    assert viewer.to_end() == ""
    assert viewer.end is None


def test_what_is_no_part_is_passed_over(scene: Scene) -> None:
    scene.runs()
    put(scene.store, keys.output(RUN, 0), b"nonsense")
    put(scene.store, keys.outputs(RUN) + "other", b"nonsense")
    viewer = scene.view()
    scene.prints(b"one\n", start=0)
    viewer.until_text("one\n")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({}, "id: is missing"),
        ({"id": "b@1"}, "no run 'b@1' of the job 'b' is known"),
        ({"id": "nonsense"}, "is no run of the job"),
        ({"id": RUN, "form": "1"}, "form: is not a field of this call; did you mean from?"),
        ({"id": RUN, "from": "-1"}, "from: '-1' is not a whole number"),
        ({"id": RUN, "from": "1e3"}, "from: '1e3' is not a whole number"),
    ],
)
def test_what_cannot_be_shown_is_refused_before_a_stream_begins(
    scene: Scene, query: dict[str, object], said: str
) -> None:
    answer = scene.caller.get("/api/v1/output", **query)
    assert answer.errno == -1
    assert said in answer.msg


def test_more_runs_than_may_be_are_refused_until_another_is_let_go(scene: Scene) -> None:
    ids = [f"a@{PLAN + number}" for number in range(MOST_RUNS + 1)]
    for run_id in ids:
        scene.runs(run_id)
    viewers = [Viewer(scene.caller.port, run_id) for run_id in ids[:-1]]
    for viewer in viewers:
        assert viewer.hear()
    refused = scene.caller.get("/api/v1/output", id=ids[-1])
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert Viewer(scene.caller.port, ids[0]).hear()
    viewers[1].leave()
    until(
        lambda: Viewer(scene.caller.port, ids[-1]).reply.headers["Content-Type"].startswith("text"),
        why="there is room again",
    )


def test_a_stop_ends_the_streams_and_nobody_looks_any_more(
    any_store: Store, logs: SqliteLogStore
) -> None:
    with served(any_store, logs) as caller:
        scene = Scene(any_store, logs, caller)
        scene.runs()
        viewers = [scene.view() for _ in range(3)]
        scene.prints(b"one\n")
        for viewer in viewers:
            viewer.until_text("one\n")
    assert scene.looks() == []
    for viewer in viewers:
        viewer.to_end()
        assert viewer.end is None


def test_parts_come_in_order_however_many(scene: Scene) -> None:
    scene.runs()
    viewer = scene.view()
    assert viewer.hear()
    lines = [b"%05d\n" % number for number in range(300)]
    for start in range(0, len(lines), 3):
        scene.prints(b"".join(lines[start : start + 3]))
    viewer.until_text(b"".join(lines).decode())
    assert viewer.skipped == 0
