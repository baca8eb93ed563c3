"""What is remembered of the runs of lately."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

T = TypeVar("T")

KEPT = 10_000


class Recent(OrderedDict[str, T]):
    """Something by run id; beyond so many the oldest is forgotten."""

    def __setitem__(self, run_id: str, known: T) -> None:
        super().__setitem__(run_id, known)
        if len(self) > KEPT:
            self.popitem(last=False)
