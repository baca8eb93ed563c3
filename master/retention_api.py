"""The call that tells how long records are kept, and what the last pass of retention did."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from common.constants import KEEPER_KEY
from common.keep_rules import KeepRules
from common.store import Store
from master.answers import answering
from master.audit_outbox import waiting
from master.inputs import only
from master.keeper_state import read_state
from master.request import Request
from master.routes import Routes


class RetentionApi:
    """Answers GET /api/v1/retention; `rules` are this master's."""

    def __init__(self, store: Store, rules: KeepRules) -> None:
        self._store = store
        self._rules = rules

    def add_to(self, routes: Routes) -> None:
        """Put the call into the table."""
        routes.add("GET", "/api/v1/retention", answering(self.retention))

    def retention(self, request: Request) -> Any:
        """The rules of this master, which master keeps house (null: none at the moment), the
        last pass (null: there was none), and how many entries of the audit wait.
        """
        only(request.query, ())
        keeper = self._store.get(KEEPER_KEY)
        rules = asdict(self._rules)
        return {
            "rules": {_camel(name): value for name, value in rules.items()},
            "text": str(self._rules),
            "keeper": keeper.value.decode(errors="replace") if keeper else None,
            "last": read_state(self._store),
            "auditWaiting": sum(1 for _ in waiting(self._store)),
        }


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
