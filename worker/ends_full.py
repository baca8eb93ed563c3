"""What an executor says to its main process when it can keep no further ends."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Full:
    """Executor → main: it is to get no orders, for it could keep nowhere how they end.

    What it has goes on, and is kept. `why` says what is in the way; "" takes that back.
    """

    number: int
    why: str = ""
