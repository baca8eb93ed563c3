"""Records as a file: all that are meant, in JSON lines or CSV."""

from __future__ import annotations

import csv
import io
import json
import queue
import socket
import threading
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from common.log_store import LogBatch
from common.record import FAILED, SUCCESS, from_document
from common.search import Found, Position
from common.sqlite_log import SqliteLogStore
from master import export
from tests.contract.log_store_room import T, run
from tests.integration.mastering import Caller
from tests.waiting import until


def told(master: Caller, **query: object) -> tuple[str, str]:
    """The body of an export, and what the answer says of its content."""
    url = f"http://127.0.0.1:{master.port}/api/v1/export?{urlencode(query)}"
    with urlopen(url, timeout=60) as reply:
        return reply.read().decode(), reply.headers["Content-Type"]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of three records."""
    monkeypatch.setattr(export, "PAGE", 3)


def test_json_lines_have_every_record_whole(
    master: Caller, logs: SqliteLogStore, small_pages: None
) -> None:
    records = [run("ü", n, output=f"{n}\n\u2028", outcome=SUCCESS) for n in range(10)]
    logs.write(LogBatch((*records, run("b", 0))))
    text, kind = told(master, job="ü")
    assert kind == "application/jsonl; charset=utf-8"
    lines = text.removesuffix("\n").split("\n")
    assert [from_document(json.loads(line)) for line in lines] == records[::-1]


def test_csv_has_one_header_and_the_output_last(
    master: Caller, logs: SqliteLogStore, small_pages: None
) -> None:
    said = 'a "quoted", cell\nand a line'
    records = [run("a", n, output=said, exit_code=0, outcome=FAILED) for n in range(5)]
    logs.write(LogBatch(tuple(records)))
    text, kind = told(master, format="csv", outcome=FAILED)
    assert kind == "text/csv; header=present; charset=utf-8"
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header[:3] == ["jobName", "command", "err"]
    assert header[-1] == "output"
    named = [dict(zip(header, row, strict=True)) for row in rows]
    assert [row["startTime"] for row in named] == [str(T + n) for n in range(4, -1, -1)]
    assert named[0] | {"exitCode": "0", "output": said, "signal": "", "lost": "false"} == named[0]
    assert text.endswith('and a line"\r\n')


def test_a_cell_that_a_spreadsheet_would_take_for_a_formula_is_text(
    master: Caller, logs: SqliteLogStore
) -> None:
    logs.write(LogBatch((run("a", 0, output="=1+1", err="@x", command="\uff1d1", plan_time=-5),)))
    (row,) = csv.DictReader(io.StringIO(told(master, format="csv")[0], newline=""))
    assert (row["output"], row["err"], row["planTime"]) == ("'=1+1", "'@x", "-5")
    assert row["command"] == "'\uff1d1"
    (raw,) = csv.DictReader(io.StringIO(told(master, format="csv", raw=1)[0], newline=""))
    assert (raw["output"], raw["err"]) == ("=1+1", "@x")


def test_an_export_whose_client_went_away_asks_for_no_further_page(
    master: Caller, logs: SqliteLogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while nothing is found, and so nothing is sent."""
    asked: queue.SimpleQueue[int] = queue.SimpleQueue()
    goes_on = threading.Semaphore(2)

    def searched(*_: object, outputs: bool = False) -> Found:
        if not outputs:
            return Found([], None, None, True)  # asked by who keeps house
        asked.put(1)
        assert goes_on.acquire(timeout=30)
        return Found([], Position(T, "a"), T, False)

    monkeypatch.setattr(logs, "search", searched)
    before = threading.active_count()
    with socket.create_connection(("127.0.0.1", master.port)) as client:
        head = f"GET /api/v1/export HTTP/1.1\r\nHost: 127.0.0.1:{master.port}\r\n\r\n"
        client.sendall(head.encode())
        for _ in range(3):
            asked.get(timeout=30)
    goes_on.release(100)
    until(lambda: threading.active_count() <= before, 30, "it has ended")
    assert asked.qsize() == 0


def test_an_export_of_nothing_is_empty(master: Caller) -> None:
    assert told(master)[0] == ""
    assert told(master, format="csv")[0].count("\r\n") == 1


def test_an_export_that_cannot_begin_is_refused_in_a_sentence(
    master: Caller, logs: SqliteLogStore
) -> None:
    logs.close()
    assert "the log store refused" in master.get("/api/v1/export").msg


def test_only_what_has_the_words_is_exported_and_all_of_that(
    master: Caller, logs: SqliteLogStore, small_pages: None
) -> None:
    said = ["Out of DISK", "all well", "disk: full\nout"]
    logs.write(LogBatch(tuple(run("a", n, output=said[n % 3]) for n in range(11))))
    for query, found in (
        ({"text": "disk out"}, [9, 8, 6, 5, 3, 2, 0]),
        ({"pattern": "^disk"}, [8, 5, 2]),
        ({"text": "out", "pattern": "DISK", "until": T + 9}, [6, 3, 0]),
        ({"text": "nowhere"}, []),
    ):
        text, _ = told(master, **query)
        times = [json.loads(line)["startTime"] - T for line in text.splitlines()]
        assert times == found, query


@pytest.mark.parametrize(
    ("query", "field"), [({"pattern": "(a"}, "pattern"), ({"text": "a" * 1001}, "text")]
)
def test_words_that_cannot_be_looked_for_are_refused(
    master: Caller, query: dict[str, str], field: str
) -> None:
    refused = master.get("/api/v1/export", **query)
    assert refused.errno == -1
    assert refused.msg.startswith(f"{field}: ")
