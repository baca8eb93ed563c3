"""What lies in MongoDB itself: types, the Go worker's documents, records that it does not take."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pymongo
import pytest
from bson.int64 import Int64

from common.errors import LogStoreRefused
from common.log_store import LogBatch
from common.mongo_document import GREATEST_DOCUMENT
from common.mongo_indexes import INDEXES
from common.mongo_log import MongoLogStore
from common.record import FIXED
from tests.conftest import MongoDatabase
from tests.contract.log_store_room import T, page, run

GO_DOCUMENT = {
    "jobName": "go",
    "command": "echo hello",
    "err": "",
    "output": "hello\n",
    "planTime": Int64(T),
    "scheduleTime": Int64(T + 1),
    "startTime": Int64(T + 2),
    "endTime": Int64(T + 3),
}

Collection = pymongo.collection.Collection[dict[str, Any]]


@pytest.fixture
def logs(mongo_database: MongoDatabase) -> Iterator[MongoLogStore]:
    """The log store on a database of the test's own."""
    store = MongoLogStore(mongo_database.settings)
    yield store
    store.close()


@pytest.fixture
def collection(mongo_database: MongoDatabase) -> Iterator[Collection]:
    """The collection beneath it, seen by another client."""
    with pymongo.MongoClient[dict[str, Any]](mongo_database.uri, timeoutMS=60000) as client:
        yield client[mongo_database.name]["log"]


def test_the_fixed_fields_are_stored_as_four_texts_and_four_int64(
    logs: MongoLogStore, collection: Collection
) -> None:
    logs.write(LogBatch((run("a", 0, exit_code=0, plan_time=1),)))
    (stored,) = collection.find()
    assert {name: type(stored[name]) for name in FIXED} == {
        name: Int64 if name.endswith("Time") else str for name in FIXED
    }
    assert (stored["_id"], stored["runId"], stored["exitCode"]) == (f"a@{T}", f"a@{T}", 0)
    assert "reason" not in stored


def test_a_document_of_the_go_worker_is_read(logs: MongoLogStore, collection: Collection) -> None:
    identity = collection.insert_one(dict(GO_DOCUMENT)).inserted_id
    logs.write(LogBatch((run("go", 0),)))
    read, ours = page(logs, "go")
    assert (read.run_id, read.command, read.output) == (str(identity), "echo hello", "hello\n")
    assert (read.plan_time, read.schedule_time, read.start_time, read.end_time) == (
        T,
        T + 1,
        T + 2,
        T + 3,
    )
    assert (read.outcome, read.exit_code) == ("", None)
    assert ours == run("go", 0)
    assert logs.latest(["go"])["go"].run_id == str(identity)


def test_documents_that_lack_fields_or_have_odd_ones_are_read(
    logs: MongoLogStore, collection: Collection
) -> None:
    collection.insert_many(
        [
            {"jobName": "odd", "startTime": "yesterday", "output": None},
            {"jobName": "odd", "startTime": float(T), "more": {"deep": [1]}},
            {"_id": 7, "jobName": "odd"},
        ]
    )
    read = page(logs, "odd")
    assert sorted(record.start_time for record in read) == [0, 0, T]
    assert "7" in {record.run_id for record in read}


def test_ping_makes_each_index_once(logs: MongoLogStore, collection: Collection) -> None:
    logs.ping()
    logs.ping()
    keys = [list(index["key"].items()) for index in collection.list_indexes()]
    assert sorted(keys) == [
        [("_id", 1)],
        [("jobName", 1), ("outcome", 1), ("startTime", -1), ("_id", 1)],
        [("jobName", 1), ("planTime", 1), ("_id", 1)],
        [("jobName", 1), ("startTime", -1), ("_id", 1)],
        [("jobName", 1), ("to", 1), ("_id", 1)],
        [("outcome", 1), ("startTime", -1), ("_id", 1)],
        [("startTime", -1), ("_id", 1)],
        [("tookClass", 1), ("startTime", -1), ("_id", 1)],
        [("trigger", 1), ("startTime", -1), ("_id", 1)],
        [("worker", 1), ("startTime", -1), ("_id", 1)],
    ]


def test_ping_makes_all_other_indexes_where_one_has_the_name_of_an_operators(
    logs: MongoLogStore, collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    collection.create_index("endTime", name="by_took")
    logs.ping()
    there = {index["name"]: list(index["key"]) for index in collection.list_indexes()}
    assert there.keys() == {"_id_", *INDEXES}
    assert there["by_took"] == ["endTime"]
    (said,) = caplog.messages
    assert said.startswith("MongoDB refuses the index by_took, some searches are slow: ")


def test_ping_takes_an_operators_index_of_another_name(
    logs: MongoLogStore, collection: Collection
) -> None:
    collection.create_index([("jobName", 1), ("startTime", -1), ("_id", 1)], name="theirs")
    logs.ping()
    names = [index["name"] for index in collection.list_indexes()]
    assert "theirs" in names
    assert "newest_first" not in names
    assert len(names) == 10


def test_an_output_that_no_document_can_hold_is_cut_in_its_middle(logs: MongoLogStore) -> None:
    output = "first" + "ä" * (9 << 20) + "last"
    logs.write(LogBatch((run("a", 0, output=output), run("a", -1))))
    cut, other = page(logs, "a")
    assert other == run("a", -1)
    assert cut.truncated
    assert 15 << 20 < len(cut.output.encode()) < 16 << 20
    assert cut.output.startswith("firstää")
    assert cut.output.endswith("äälast")
    assert " bytes left out ..." in cut.output


@pytest.mark.parametrize("over", [-8, 0, 8])
def test_a_record_as_large_as_a_document_may_be_takes_a_mark_or_a_worker_s_word(
    logs: MongoLogStore, over: int
) -> None:
    large = run("a", 0, output="x" * (GREATEST_DOCUMENT + over - 260), worker="w", reason="told")
    marked = run("a", 0, lost=True, err="gone")
    for run_id, order in (("a", (large, marked)), ("b", (marked, large))):
        for record in order:
            logs.write(LogBatch((replace(record, run_id=run_id),)))
    assert [(r.worker, r.lost) for r in page(logs, "a")] == [("w", True)] * 2


def test_a_record_that_no_document_can_hold_is_refused_alone(logs: MongoLogStore) -> None:
    too_large = run("a", 1, command="x" * (17 << 20), output="y")
    with pytest.raises(LogStoreRefused, match=f"a@{T + 1}: command"):
        logs.write(LogBatch((run("a", 0), too_large, run("a", 2))))
    assert page(logs, "a") == [run("a", 2), run("a", 0)]


def test_a_batch_larger_than_a_message_is_written_whole(logs: MongoLogStore) -> None:
    batch = tuple(run("a", n, output=f"{n}" + "x" * (3 << 20)) for n in range(20))
    logs.write(LogBatch(batch))
    assert [record.run_id for record in page(logs, "a")] == [r.run_id for r in reversed(batch)]


def test_a_record_that_another_unique_index_keeps_out_is_named_and_the_others_written(
    logs: MongoLogStore, collection: Collection
) -> None:
    collection.create_index("endTime", unique=True)
    twice = run("a", 1, run_id="other", end_time=run("a", 0).end_time)
    with pytest.raises(LogStoreRefused, match="other: ") as refused:
        logs.write(LogBatch((run("a", 0), twice, run("a", 2), run("a", 0))))
    assert f"a@{T}" not in str(refused.value)
    assert page(logs, "a") == [run("a", 2), run("a", 0)]


def test_records_that_a_validator_keeps_out_are_named_and_the_others_written(
    logs: MongoLogStore, collection: Collection
) -> None:
    collection.database.create_collection("log", validator={"command": {"$ne": "forbidden"}})
    with pytest.raises(LogStoreRefused, match=f"a@{T + 1}: "):
        logs.write(LogBatch((run("a", 0), run("a", 1, command="forbidden"), run("a", 2))))
    assert page(logs, "a") == [run("a", 2), run("a", 0)]
