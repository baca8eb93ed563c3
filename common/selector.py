"""Terms over the labels of workers: which workers may run a job."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from common.errors import InvalidField

BUILT_IN = ("host", "ip", "instance", "limits")
"""Labels that every worker has by itself."""
LABEL_MEANS = "1-63 letters, digits, '.', '_', '-' and '/', of which the first is a letter or digit"
"""What a label can be called, for sentences."""
MOST_CHARACTERS = 256
REMEMBERED = 4096
_KEY = r"[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,62})"
_LABEL = re.compile(_KEY, re.ASCII)
_TERM = re.compile(rf"({_KEY})(!?=)([^=!,\s\x00-\x1f][^\x00-\x1f]*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Term:
    """One term: the label is the value, or with `negated` it is another or not there."""

    label: str
    negated: bool
    value: str

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether it holds for a worker of these labels."""
        return (labels.get(self.label, "") == self.value) != self.negated

    def __str__(self) -> str:
        return f"{self.label}{'!=' if self.negated else '='}{self.value}"


@lru_cache(maxsize=REMEMBERED)
def parse_term(text: str) -> Term:
    """`role=db` or `role!=edge`; an empty value is that of a label that is not there.

    InvalidField (of the field `where`) for anything else.
    """
    found = _TERM.fullmatch(text) if len(text) <= MOST_CHARACTERS else None
    if found is None:
        raise InvalidField("where", f"expected terms as role=db or role!=edge, got {text!r:.80}")
    return Term(found[1], found[2] == "!=", (found[3] or "").rstrip())


def is_label(name: str) -> bool:
    """Whether a label can be called so: 1-63 letters, digits, `.`, `_`, `-`, `/`."""
    return bool(_LABEL.fullmatch(name))


def failing(where: Iterable[str], labels: Mapping[str, str]) -> str:
    """The first term that does not hold for a worker of these labels; "" where all do."""
    return next((text for text in where if not parse_term(text).holds(labels)), "")
