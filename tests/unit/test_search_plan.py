"""Which index finds what is searched for, and how the stores are asked."""

import itertools
import sqlite3
from dataclasses import fields, replace

import pytest

from common.mongo_indexes import INDEXES as MONGO_INDEXES
from common.mongo_indexes import NEWEST_FIRST
from common.mongo_query import MongoQuery
from common.mongo_query import between as mongo_between
from common.search import Position, Search
from common.search_plan import INDEXES, MOST_ARMS, TOOK_CLASS, plan
from common.sqlite_indexes import make_indexes
from common.sqlite_log_table import FILE, WITHOUT_OUTPUT
from common.sqlite_query import SqliteQuery, between

WISHES = {
    "job": "a",
    "outcomes": ("failed", "timeout"),
    "workers": ("w1",),
    "trigger": "manual",
    "since_ms": 1,
    "until_ms": 2_000_000,
    "took_least_ms": 4000,
    "took_most_ms": 70_000,
    "with_err": True,
    "over_before_ms": 3,
}
SHAPES = [
    Search(**dict(asked))  # type: ignore[arg-type]
    for size in range(len(WISHES) + 1)
    for asked in itertools.combinations(WISHES.items(), size)
]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Search(), "newest"),
        (Search(since_ms=1, until_ms=2), "newest"),
        (Search(job="a"), "newest_first"),
        (Search(job="a", workers=("w",), trigger="manual"), "newest_first"),
        (Search(job="a", outcomes=("success",)), "by_job_outcome"),
        (Search(outcomes=("failed",), workers=("w",)), "by_outcome"),
        (Search(outcomes=("success",), workers=("w",)), "by_worker"),
        (Search(outcomes=("success",), took_least_ms=1), "by_took"),
        (Search(outcomes=("failed",), trigger="manual"), "by_trigger"),
        (Search(outcomes=("success", "failed")), "by_outcome"),
        (Search(trigger="manual", workers=("w",)), "by_trigger"),
        (Search(trigger="schedule", workers=("w",)), "by_worker"),
        (Search(trigger="schedule"), "by_trigger"),
        (Search(workers=tuple(map(str, range(MOST_ARMS)))), "by_worker"),
        (Search(workers=tuple(map(str, range(MOST_ARMS + 1)))), "newest"),
        (Search(took_most_ms=5), "by_took"),
        (Search(with_err=True), "newest"),
    ],
)
def test_the_index_is_the_one_that_meets_few_others(wanted: Search, index: str) -> None:
    assert plan(wanted).index == index


def test_what_is_asked_for_is_bound_or_compared_and_nothing_is_forgotten() -> None:
    for wanted in SHAPES:
        made = plan(wanted)
        assert tuple(made.bound) == INDEXES[made.index]
        assert made.arms <= MOST_ARMS
        names = {"jobName": "job", "outcome": "outcomes", "worker": "workers", "trigger": "trigger"}
        gone = {names[field] for field in made.bound if field in names}
        kept = {name: getattr(Search(), name) for name in (*gone, "since_ms", "until_ms")}
        assert made.rest == replace(wanted, **kept)


def test_mongodb_is_asked_with_equalities_before_the_order_of_the_index() -> None:
    for wanted in SHAPES:
        made = plan(wanted, many_workers=True)
        index, _ = MONGO_INDEXES[made.index]
        assert index == [*((field, 1) for field in made.bound), *NEWEST_FIRST]
        asked = MongoQuery(wanted).of(mongo_between(1, 5))
        assert len(asked) == made.arms + (TOOK_CLASS in made.bound)
        for bounds, _ in asked:
            assert bounds.keys() == {*made.bound, "startTime"}
            assert all(isinstance(bounds[name], str | int | None) for name in made.bound)
            assert bounds["startTime"] == {"$gt": 0, "$lt": 5}


def test_mongodb_is_asked_once_for_what_began_together() -> None:
    after = Position(5, "a")
    for wanted in SHAPES:
        (walk,) = MongoQuery(wanted).beside(after)
        arms = MongoQuery(wanted).of({"startTime": 5})
        assert walk.bounds == (arms[0].bounds if len(arms) == 1 else {"startTime": 5})


@pytest.fixture(scope="module")
def table() -> sqlite3.Connection:
    """An empty table with its indexes."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(FILE.schema)
    make_indexes(connection)
    return connection


def test_sqlite_walks_the_index_in_its_order_without_a_sort(
    table: sqlite3.Connection,
) -> None:
    for wanted in SHAPES:
        sql, values = SqliteQuery(wanted).select(WITHOUT_OUTPUT, between(1, 5))
        ordered = f"EXPLAIN QUERY PLAN {sql} ORDER BY startTime DESC, run_id LIMIT 50"
        steps = [step for *_, step in table.execute(ordered, values)]
        searched = [step for step in steps if step.startswith("SEARCH")]
        made = plan(wanted)
        assert len(searched) == made.arms
        assert all(f"USING INDEX log_{made.index} (" in step for step in searched)
        assert not any("TEMP B-TREE" in step or step.startswith("SCAN") for step in steps)


def test_every_wish_is_part_of_the_shapes() -> None:
    assert {each.name for each in fields(Search)} == set(WISHES)
