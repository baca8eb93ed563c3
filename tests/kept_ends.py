"""What executors have kept of ends, as it lies in their files."""

from collections.abc import Iterator
from pathlib import Path

from worker.ends_file import end_of, ends_files, frames
from worker.orders import Ended


def read_ends(directory: Path, number: int) -> Iterator[Ended]:
    """The ends of an executor, with their contexts, in the order in which they came.

    One that was acknowledged may be among them, as long as a file holds another that was not. What
    an executor did not write to its end, since it died, is left out.
    """
    for path in ends_files(directory, number):
        try:
            for each in frames(path):
                yield end_of(each.said)
        except FileNotFoundError:
            continue  # all acknowledged meanwhile
