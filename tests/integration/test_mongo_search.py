"""What is searched for in MongoDB itself: the Go worker's documents, odd ones, and the indexes."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pymongo
import pytest
from bson.int64 import Int64
from bson.objectid import ObjectId

from common.log_store import LogBatch
from common.mongo_log import MongoLogStore
from common.record import FAILED
from common.search import Search, position
from tests.conftest import MongoDatabase
from tests.contract.log_store_room import T, run
from tests.contract.log_store_search import all_of
from tests.integration.test_mongo_records import GO_DOCUMENT

Collection = pymongo.collection.Collection[dict[str, Any]]


@pytest.fixture
def logs(mongo_database: MongoDatabase) -> Iterator[MongoLogStore]:
    """The log store on a database of the test's own, with its indexes."""
    store = MongoLogStore(mongo_database.settings)
    store.ping()
    yield store
    store.close()


@pytest.fixture
def collection(mongo_database: MongoDatabase) -> Iterator[Collection]:
    """The collection beneath it, seen by another client."""
    with pymongo.MongoClient[dict[str, Any]](mongo_database.uri, timeoutMS=60000) as client:
        yield client[mongo_database.name]["log"]


def test_pages_go_through_documents_of_the_go_worker_and_ours_in_one_order(
    logs: MongoLogStore, collection: Collection
) -> None:
    collection.insert_many([{**GO_DOCUMENT, "_id": ObjectId(f"{n:024x}")} for n in range(5)])
    logs.write(LogBatch(tuple(run("go", 2, run_id=f"go@{n}") for n in range(5))))
    ours, theirs = [f"go@{n}" for n in range(5)], [f"{n:024x}" for n in range(5)]
    asked = (Search(job="go"), Search(outcomes=("", FAILED)), Search(took_least_ms=0))
    for wanted, limit in itertools.product(asked, (1, 3, 4)):
        seen: list[str] = []
        after = None
        while True:
            page = logs.search(wanted, after, limit)
            seen += [record.run_id for record in page.records]
            if page.next is None:
                break
            after = position(str(page.next))
        assert seen == ours + theirs
    assert logs.counts(Search(), 9) == {"": 9}


def test_documents_of_the_go_worker_are_found_by_time_and_duration_and_removed(
    logs: MongoLogStore, collection: Collection
) -> None:
    lasting = {**GO_DOCUMENT, "endTime": Int64(T + 2 + 5000)}
    quick, slow = collection.insert_many([dict(GO_DOCUMENT), lasting]).inserted_ids
    for wanted, run_id in ((Search(took_least_ms=5000), slow), (Search(took_most_ms=1), quick)):
        assert [record.run_id for record in all_of(logs, wanted)] == [str(run_id)]
        assert [record.run_id for record in all_of(logs, replace(wanted, job="go"))] == [
            str(run_id)
        ]
        assert logs.counts(wanted, 9) == {"": 1}
        assert [place.run_id for place in logs.older(wanted, 9)] == [str(run_id)]
    read = logs.one(str(slow))
    assert read is not None
    assert read.end_time == T + 5002
    assert logs.remove(logs.older(Search(outcomes=("",), until_ms=T + 9), 9)) == 2
    assert collection.count_documents({}) == 0


def test_documents_with_odd_ids_end_no_listing_and_are_not_taken_for_old(
    logs: MongoLogStore, collection: Collection
) -> None:
    odd = [7, None, True, {"deep": 1}, 1.5]
    collection.insert_many([{**GO_DOCUMENT, "_id": each} for each in odd])
    collection.insert_one({**GO_DOCUMENT, "_id": "late", "startTime": float(T + 9)})
    logs.write(LogBatch((run("go", 1, run_id="go@1"),)))
    seen, after = [], None
    for _ in range(9):
        page = logs.search(Search(job="go"), after, 2)
        seen += [record.run_id for record in page.records]
        if page.next is None:
            break
        after = page.next
    assert page.next is None
    assert (seen[0], seen[-1], seen.count("go@1")) == ("late", "go@1", 1)
    assert {place.run_id for place in logs.older(Search(job="go"), 9)} == {"late", "go@1"}
