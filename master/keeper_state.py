"""What the keeper tells of its work, for everybody to see: a key that stays when it goes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from common.constants import KEEPER_STATE_KEY
from common.errors import InvalidField
from common.store import Store, put
from common.strict_json import parse_object


class KeeperState:
    """Puts it; `now` gives epoch ms, `name` is the master's."""

    def __init__(self, store: Store, name: str, now: Callable[[], int]) -> None:
        self._store = store
        self._name = name
        self._now = now

    def passed(
        self, removed: Mapping[str, int], oldest: int | None, size: int | None, problem: str
    ) -> None:
        """Tell of a pass of retention: what it removed by which rule, and what is left.

        `oldest` is when the oldest record began (epoch ms), `size` in bytes; None: not known.
        """
        state = {
            "by": self._name,
            "at": self._now(),
            "removed": removed,
            "oldest": oldest,
            "bytes": size,
            "problem": problem,
        }
        self._put(state)

    def hampered(self, problem: str) -> None:
        """Tell why no pass comes to its end, beside what is told of the last that did."""
        last = read_state(self._store) or {}
        if last.get("problem") != problem:
            self._put({**last, "by": self._name, "problem": problem})

    def _put(self, state: Mapping[str, Any]) -> None:
        put(self._store, KEEPER_STATE_KEY, json.dumps(state).encode())


def read_state(store: Store) -> dict[str, Any] | None:
    """What was told of the last pass; None where none was, or what is there is malformed."""
    entry = store.get(KEEPER_STATE_KEY)
    try:
        return parse_object(entry.value, "state") if entry else None
    except InvalidField:
        return None
