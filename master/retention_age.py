"""How far back records go: those that are the oldest, and those beyond a number of newer ones."""

from __future__ import annotations

from dataclasses import replace

from common.log_store import LogStore
from common.search import Search

PAGE = 1000
CLOSE_MS = 1000


def before(wanted: Search, cutoff: int) -> Search:
    """Those of the meant that began and ended before this (epoch ms).

    So a run that took longer than records are kept for is still to be seen when it is over. An
    index finds them by their start; few of these have not ended, and are compared in vain.
    """
    return replace(wanted, until_ms=cutoff, over_before_ms=cutoff)


def oldest_ms(logs: LogStore, now_ms: int) -> int | None:
    """When the oldest record began, to a second; None where none began before now (epoch ms).

    Found by halves: whether there is one before a time is told by an index.
    """
    if not logs.older(Search(until_ms=now_ms), 1):
        return None
    low, high = 0, now_ms
    while high - low > CLOSE_MS:
        middle = (low + high) // 2
        if logs.older(Search(until_ms=middle), 1):
            high = middle
        else:
            low = middle
    return low


def newest_that_go(logs: LogStore, wanted: Search, most: int) -> int | None:
    """The start (epoch ms) before which records are beyond the newest `most` of those meant.

    None where there are no more than that. Records that began in the same millisecond as the last
    that stays stay with it.
    """
    counts = logs.counts(wanted, most + 1)
    if None not in counts.values() and sum(filter(None, counts.values())) <= most:
        return None
    seen, after, last = 0, None, None
    while seen < most:
        found = logs.search(wanted, after, min(PAGE, most - seen))
        seen += len(found.records)
        last = found.records[-1] if found.records else last
        if found.next is None or (not found.records and found.next == after):
            return None
        after = found.next
    return last.start_time if last else None
