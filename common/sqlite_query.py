"""A search as SQL: one walk of the planned index for each of its values, merged in their order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from common.record import storable
from common.search import Search
from common.search_plan import OUTCOME, TRIGGER, WORKER, plan
from common.sqlite_log_table import BEGAN, DURATION, FIELDS, timely

Condition = tuple[str, list[Any]]
"""SQL and the values of its marks."""


class SqliteQuery:
    """The statements by which what is meant is found. Times of the search itself are left out."""

    def __init__(self, wanted: Search) -> None:
        self._plan = plan(wanted)
        self._rest = list(_compared(self._plan.rest))

    def select(self, columns: str, times: Condition) -> Condition:
        """The rows that are meant and of these times, for which no order is said."""
        table = f"log INDEXED BY log_{self._plan.index}"
        arms, values = [], []
        for bound in self._arms():
            parts = [*bound, times, *self._rest]
            where = " AND ".join(sql for sql, _ in parts)
            arms.append(f"SELECT {columns} FROM {table} WHERE {where}")
            values += [value for _, given in parts for value in given]
        return " UNION ALL ".join(arms) or f"SELECT {columns} FROM log WHERE FALSE", values

    def _arms(self) -> Iterator[list[Condition]]:
        """For each walk, what its index is bound to."""
        fields = tuple(self._plan.bound)
        for values in itertools.product(*map(dict.fromkeys, self._plan.bound.values())):
            yield [_is(field, value) for field, value in zip(fields, values, strict=True)]


def between(low: int | None, high: int | None) -> Condition:
    """The start lies from `low` until before `high`."""
    parts = [("startTime >= ?", low)] if low is not None else []
    parts += [("startTime < ?", high)] if high is not None else []
    text = " AND ".join(sql for sql, _ in parts) or "TRUE"
    return text, [timely(ms) for _, ms in parts]


def _is(field: str, value: str | int) -> Condition:
    column = FIELDS.get(field, field)
    if value == "":
        return f"{column} IS NULL", []
    return f"{column} = ?", [storable(value) if isinstance(value, str) else value]


def _compared(rest: Search) -> Iterator[Condition]:
    """What each row that the index gives is compared with."""
    for field, values in ((OUTCOME, rest.outcomes), (WORKER, rest.workers)):
        if values:
            alike = [_is(field, value) for value in values]
            text = " OR ".join(sql for sql, _ in alike)
            yield f"({text})", [value for _, given in alike for value in given]
    if rest.trigger:
        yield _is(TRIGGER, rest.trigger)
    if rest.by_took:
        yield BEGAN, []
    if rest.took_least_ms is not None:
        yield f"{DURATION} >= ?", [timely(max(rest.took_least_ms, 0))]
    if rest.took_most_ms is not None:
        yield f"{DURATION} <= ?", [timely(rest.took_most_ms)]
    if rest.with_err is not None:
        yield ("err <> ''" if rest.with_err else "err = ''"), []
    if rest.over_before_ms is not None:
        yield "endTime < ?", [timely(rest.over_before_ms)]
