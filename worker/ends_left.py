"""What an executor that is gone has left in its spool, as far as it can be read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from worker.ends_file import ends_files
from worker.orders import Ends
from worker.spare import SPARE
from worker.spooled import ends_of


def ends_left(
    directory: Path, number: int, wanted: Callable[[str], bool] = lambda _: True
) -> tuple[list[Ends], str]:
    """The ends of the runs that are `wanted`, as they would be told; and why not all can be read.

    One that nobody needs any more may be among them. "" where all can be read.
    """
    found: list[Ends] = []
    why = ""
    for path in ends_files(directory, number):
        try:
            SPARE.lend(partial(_collect, found, path, wanted))
        except FileNotFoundError:
            continue  # all acknowledged meanwhile
        except (OSError, ValueError) as error:
            why = f"they cannot all be read: {error}"
    return found, why


def _collect(found: list[Ends], path: Path, wanted: Callable[[str], bool]) -> None:
    """Add what one file has; of one that cannot be read to its end what comes before that."""
    for ends in ends_of(path, wanted=wanted):
        found.append(ends)
