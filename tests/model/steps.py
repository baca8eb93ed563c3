"""What a step machine waits for: time, an answer, or an answer to its part of a batch."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from tests.model.transactions import Transaction


class Server(Enum):
    """Who is asked."""

    STORE = auto()
    LOG = auto()


class Moment(Enum):
    """A place in a machine at which a provocation may strike."""

    BEFORE_SPAWN = auto()
    AFTER_SPAWN = auto()


class Errand(Enum):
    """What a request is for."""

    LOOK = auto()
    LEASE = auto()
    PRESENCE = auto()
    CLAIM = auto()
    TURN = auto()
    HAND_OVER = auto()
    END = auto()
    TAKE_OVER = auto()
    ADOPT = auto()
    EDIT = auto()
    RECORD = auto()


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass. A crash is tried after short ones alone, and after answers."""

    ms: int
    moment: Moment | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Send a request. `call` is what the server does whenever a copy of it arrives.

    The machine goes on with what `call` gave, or with None when no answer came in time.
    """

    server: Server
    call: Callable[[], object]
    errand: Errand


@dataclass(frozen=True, slots=True)
class Post:
    """Send a transaction with others in one batch; goes on with its `Answer`, or None."""

    transaction: Transaction
    errand: Errand


Step = Pause | Ask | Post
Result = TypeVar("Result")
Machine = Generator[Step, Any, Result]
