"""What MongoDB says of how it answers a search: the index that it walks, and whether it sorts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pymongo
from pymongo import monitoring

from common.errors import LogStoreLost
from common.log_store import LogStore
from common.search import Position, Search
from common.search_plan import INDEXES, JOB, OUTCOME, TOOK_CLASS, TRIGGER, WORKER, plan

_SORTS = {"SORT", "COLLSCAN"}


class Asked(monitoring.CommandListener):
    """Hears what is sent to MongoDB, and keeps the listings. To be registered before any client."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Keep a listing."""
        if event.command_name == "aggregate":
            asked = {name: event.command[name] for name in ("aggregate", "pipeline")}
            self.found.append({**asked, "cursor": {}})

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """It has its answer."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """It has none."""


@dataclass(slots=True)
class Explained:
    """What is said of the queries of a page; `meant` are the indexes whose fields are given."""

    meant: set[str]
    queries: int = 0
    indexes: set[str] = field(default_factory=set)
    stages: set[str] = field(default_factory=set)

    @property
    def right(self) -> bool:
        """Whether only indexes that are meant are walked, and nothing is sorted."""
        return bool(self.indexes) and self.indexes <= self.meant and not self.stages & _SORTS

    def __str__(self) -> str:
        return (
            f"{self.queries} queries, by {', '.join(sorted(self.indexes))}:"
            f" {' '.join(sorted(self.stages))}"
        )


class Explainer:
    """Has the queries of pages explained by the server that answers them."""

    def __init__(
        self, client: pymongo.MongoClient[dict[str, Any]], database: str, heard: Asked
    ) -> None:
        self._database, self._heard = client[database], heard

    def told(self, logs: LogStore, wanted: Search, after: Position | None) -> Explained:
        """What is said of the page behind this place."""
        said = Explained(meant(wanted))
        self._heard.found.clear()
        with suppress(LogStoreLost):
            logs.search(wanted, after, 50)
        for asked in list(self._heard.found):
            told = self._database.command("explain", asked, verbosity="queryPlanner")
            whole = told if "queryPlanner" in told else told["stages"][0]["$cursor"]
            said.queries += 1
            for stage, index in walked(whole["queryPlanner"]["winningPlan"]):
                said.stages.add(stage)
                said.indexes |= {index} if index else set()
            # Those of one start are few, by whichever index.
            if not isinstance(asked["pipeline"][0]["$match"]["startTime"], dict):
                said.meant.add("newest")
        return said


def meant(wanted: Search) -> set[str]:
    """The index that is planned, and those that a server may find to be better."""
    given = {
        JOB: wanted.job,
        OUTCOME: wanted.outcomes,
        WORKER: wanted.workers,
        TRIGGER: wanted.trigger,
        TOOK_CLASS: wanted.by_took,
    }
    good = {name for name, fields in INDEXES.items() if fields and all(map(given.get, fields))}
    return {plan(wanted, many_workers=True).index, *good}


def walked(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each stage of a plan, with the index that it walks, if it does."""
    # MongoDB's other engine puts the plan beside how it runs it.
    stage = plan.get("queryPlan", plan)
    yield stage["stage"], stage.get("indexName", "")
    inner = [stage["inputStage"]] if "inputStage" in stage else stage.get("inputStages", [])
    for each in inner:
        yield from walked(each)
