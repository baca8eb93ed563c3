"""The start of several executors at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from worker.executor_started import StartedLink


def start_all(links: Sequence[StartedLink], timeout: float) -> None:
    """Start these; returns when all have, or failed: then the first one's ExecutorError.

    Each loads its program first, which takes longer than all else.
    """
    with ThreadPoolExecutor(len(links), "executor start") as threads:
        starts = [threads.submit(link.start, timeout) for link in links]
    for start in starts:
        start.result()
