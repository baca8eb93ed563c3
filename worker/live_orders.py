"""What a main process and an executor say to each other of what runs print."""

from dataclasses import dataclass

FOLLOWS = 6
"""The first version of an executor that understands `Follow`."""
FOLLOW_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Follow:
    """Main → executor: what these runs print is told for `FOLLOW_SECONDS`, and of no others.

    Only to executors of version `FOLLOWS` or later: an older one would take it for nonsense.
    """

    run_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Printed:
    """Executor → main: a part of what a followed run printed, in order, its secrets hidden.

    `output` is what it printed from byte `start` to before `end`; what lies between two parts is
    not told. The first part may be empty: it says that the run is followed.
    """

    run_id: str
    start: int
    end: int
    output: bytes
