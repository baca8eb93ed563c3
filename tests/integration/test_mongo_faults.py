"""A MongoDB that dies, freezes, answers with errors: what was acknowledged is there, once."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from common.errors import LogStoreError, LogStoreLost, LogStoreRefused
from common.log_store import LogBatch, LogStore
from common.mongo_log import MongoLogStore
from common.mongo_settings import MongoSettings
from common.record import JobLog
from common.search import Search
from tests.contract.log_store_room import T, page, run
from tests.servers.mongodb import MongoServer, connect
from tests.servers.ports import free_port
from tests.waiting import until

SHORT = 2.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MongoServer]:
    """A server that can be told to fail."""
    started = MongoServer(tmp_path / "mongodb", arguments=["--enable-test-commands"])
    started.start()
    yield started
    started.kill()


@pytest.fixture
def logs(server: MongoServer) -> Iterator[MongoLogStore]:
    """The log store with short deadlines."""
    store = MongoLogStore(MongoSettings(server.uri, SHORT, SHORT))
    yield store
    store.close()


def fail(server: MongoServer, times: int, command: str = "insert", **how: Any) -> None:
    """Have the server's next inserts fail, or other commands; 0 times ends that."""
    with connect(server.uri) as client:
        client.admin.command(
            "configureFailPoint",
            "failCommand",
            mode={"times": times} if times else "off",
            data={"failCommands": [command], **how},
        )


def written(store: LogStore, *runs: int) -> bool:
    """Whether the records are durable; False when the outcome is unknown."""
    return acknowledged(store, *(run("a", n) for n in runs))


def acknowledged(store: LogStore, *records: JobLog) -> bool:
    """Whether these records are durable; False when the outcome is unknown."""
    try:
        store.write(LogBatch(records))
    except LogStoreLost:
        return False
    return True


def starts(store: LogStore) -> list[int]:
    """Which records are there, oldest first."""
    return [record.start_time - T for record in reversed(page(store, "a", 0, 10_000))]


def test_all_that_was_acknowledged_before_a_kill_is_there_once_afterwards(
    server: MongoServer, logs: MongoLogStore
) -> None:
    logs.ping()
    killed = threading.Event()
    tried: list[int] = []
    acknowledged: list[int] = []

    def keep_writing() -> None:
        for n in range(0, 1_000_000, 10):
            tried.append(n)
            if killed.is_set() or not written(logs, *range(n, n + 10)):
                return
            acknowledged.append(n)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    until(lambda: len(acknowledged) >= 20)
    server.kill()
    killed.set()
    writer.join(60)
    server.start()
    until(lambda: written(logs, *range(tried[-1], tried[-1] + 10)), why="it takes records again")
    assert starts(logs) == list(range(tried[-1] + 10))


def test_a_server_that_is_away_is_lost_within_the_deadline(logs: MongoLogStore) -> None:
    away = MongoLogStore(MongoSettings(f"mongodb://127.0.0.1:{free_port()}", SHORT, SHORT))
    each_is_lost(away)
    away.close()


def test_a_search_where_no_server_is_says_why() -> None:
    away = MongoLogStore(MongoSettings(f"mongodb://127.0.0.1:{free_port()}", SHORT, SHORT))
    with pytest.raises(LogStoreLost, match="refused"):
        away.search(Search(), None, 1)
    with pytest.raises(LogStoreLost, match="refused"):
        away.counts(Search(), 1)
    away.close()


def test_a_server_that_is_stuck_is_lost_within_the_deadline_and_used_again(
    server: MongoServer, logs: MongoLogStore
) -> None:
    until(lambda: written(logs, 1), why="the record is taken")
    server.freeze()
    each_is_lost(logs)
    server.thaw()
    until(lambda: written(logs, 2), why="it takes records again")
    assert [n for n in starts(logs) if n != 3] == [1, 2]


def each_is_lost(store: LogStore) -> None:
    """Every call ends with LogStoreLost, none of them much after its deadline."""
    calls: list[Callable[[], object]] = [
        lambda: store.write(LogBatch((run("a", 3),))),
        lambda: page(store, "a"),
        lambda: store.latest(["a"]),
        store.ping,
    ]
    for call in calls:
        begin = time.monotonic()
        with pytest.raises(LogStoreLost):
            call()
        assert time.monotonic() - begin < SHORT + 20


def test_a_write_whose_answer_was_cut_off_is_written_once(
    server: MongoServer, logs: MongoLogStore
) -> None:
    until(lambda: written(logs, 1), why="the record is taken")
    fail(server, 2, closeConnection=True)
    until(lambda: written(logs, 1, 2, 3), why="the records are taken")
    assert starts(logs) == [1, 2, 3]


@pytest.mark.parametrize("code", [91, 11600, 10107, 189, 262, 50, 9001])
def test_an_error_that_passes_is_lost_and_the_same_write_works_later(
    server: MongoServer, logs: MongoLogStore, code: int
) -> None:
    fail(server, 1000, errorCode=code)
    assert not written(logs, 1, 2)
    fail(server, 0, errorCode=code)
    until(lambda: written(logs, 1, 2), why="the records are taken")
    assert starts(logs) == [1, 2]


def test_an_error_that_does_not_pass_names_each_record(
    server: MongoServer, logs: MongoLogStore
) -> None:
    fail(server, 1000, errorCode=9)
    with pytest.raises(LogStoreRefused, match=f"a@{T + 1}: .*a@{T + 2}: "):
        logs.write(LogBatch((run("a", 1), run("a", 2))))


def test_a_batch_that_is_refused_as_a_whole_is_tried_in_halves(
    server: MongoServer, logs: MongoLogStore
) -> None:
    fail(server, 2, errorCode=9)
    logs.write(LogBatch(tuple(run("a", n) for n in range(1, 9))))
    assert starts(logs) == list(range(1, 9))


def test_a_permission_that_is_missing_is_said_once_for_the_batch(
    server: MongoServer, logs: MongoLogStore
) -> None:
    fail(server, 1, errorCode=13)
    with pytest.raises(LogStoreRefused, match=server.endpoint) as refused:
        logs.write(LogBatch((run("a", 1), run("a", 2))))
    assert "a@" not in str(refused.value)
    until(lambda: written(logs, 1), why="the record is taken")


@pytest.mark.parametrize(("code", "raised"), [(64, LogStoreLost), (100, LogStoreRefused)])
def test_a_write_that_is_not_confirmed_is_not_taken_as_written(
    server: MongoServer, logs: MongoLogStore, code: int, raised: type[LogStoreError]
) -> None:
    fail(server, 1, writeConcernError={"code": code, "errmsg": "waiting for replication"})
    with pytest.raises(raised, match="waiting for replication"):
        logs.write(LogBatch((run("a", 1),)))
    until(lambda: written(logs, 1), why="the record is taken")


def test_a_merge_that_fails_is_not_taken_as_written_and_the_same_write_works_later(
    server: MongoServer, logs: MongoLogStore
) -> None:
    provisional, word = run("a", 1, outcome="lost", lost=True), run("a", 1, worker="w")
    logs.write(LogBatch((provisional,)))
    fail(server, 1000, "update", errorCode=91)
    with pytest.raises(LogStoreLost):
        logs.write(LogBatch((run("a", 0), word)))
    assert page(logs, "a") == [provisional, run("a", 0)]
    fail(server, 0, "update", errorCode=91)
    until(lambda: acknowledged(logs, run("a", 0), word), why="the records are taken")
    assert page(logs, "a") == [replace(word, lost=True), run("a", 0)]


def test_a_merge_whose_answer_was_cut_off_is_made_once(
    server: MongoServer, logs: MongoLogStore
) -> None:
    provisional, word = run("a", 1, outcome="lost", lost=True), run("a", 1, worker="w")
    logs.write(LogBatch((provisional,)))
    fail(server, 2, "update", closeConnection=True)
    until(lambda: acknowledged(logs, word), why="the record is taken")
    assert page(logs, "a") == [replace(word, lost=True)]


def test_a_merge_that_the_server_refuses_is_named_and_the_others_are_written(
    server: MongoServer, logs: MongoLogStore
) -> None:
    logs.write(LogBatch((run("a", 1),)))
    with connect(server.uri) as client:
        validator = {"command": {"$ne": "forbidden"}}
        client["cron"].command("collMod", "log", validator=validator)
    refused = run("a", 1, worker="w", command="forbidden")
    with pytest.raises(LogStoreRefused, match=f"a@{T + 1}: "):
        logs.write(LogBatch((run("a", 0), refused)))
    assert page(logs, "a") == [run("a", 1), run("a", 0)]


def test_closing_ends_every_thread_of_the_client(server: MongoServer) -> None:
    before = set(threading.enumerate())
    store = MongoLogStore(MongoSettings(server.uri, SHORT, SHORT))
    assert set(threading.enumerate()) <= before  # some of another test's may only now end
    until(lambda: written(store, 1), why="the record is taken")
    store.close()
    until(lambda: set(threading.enumerate()) <= before, why="the client's threads to end")
