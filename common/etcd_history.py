"""What can be known from outside about whether etcd throws its old revisions away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from common.constants import FLEET_KEY
from common.errors import StoreRefused
from common.etcd_calls import EtcdCalls
from common.etcd_errors import Compacted
from common.etcd_keys import to_bytes
from common.etcd_protocol import (
    RANGE,
    STATUS,
    WATCH,
    RangeRequest,
    WatchCreateRequest,
    WatchRequest,
)

_ADVICE = "start etcd with --auto-compaction-retention=5m"


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still taken for healthy: revisions of an etcd that was never compacted, revisions
    that are kept after a compaction, bytes of the database."""

    never_compacted: int = 50_000
    kept: int = 3_000_000
    size: int = 1_500_000_000


HEALTHY = Limits()


def warnings(calls: EtcdCalls, limits: Limits) -> list[str]:
    """Sentences about a history that grows without end; none when all seems well.

    No call of etcd tells whether auto-compaction is on. What shows is how many revisions are kept
    and how large the database is (its quota is 2 GiB unless set otherwise), so that a young etcd
    without compaction is not found out: ask again now and then.
    """
    return [*_of_revisions(calls, limits), *_of_size(calls, limits)]


def _of_revisions(calls: EtcdCalls, limits: Limits) -> list[str]:
    now = _revision(calls, 0)
    try:
        _revision(calls, 1)
    except Compacted:
        kept = now - _oldest(calls)
        if kept <= limits.kept:
            return []
        return [f"etcd keeps {kept} old revisions and fills up if it goes on so: {_ADVICE}"]
    if now <= limits.never_compacted:
        return []
    return [f"etcd has kept all of its {now} revisions and will fill up: {_ADVICE}"]


def _of_size(calls: EtcdCalls, limits: Limits) -> list[str]:
    try:
        size = calls.read(STATUS, STATUS.request(), "say its size").dbSize
    except StoreRefused:
        return []
    if size <= limits.size:
        return []
    return [
        f"etcd's database has {size / 1e9:.1f} GB; at its quota (2.1 GB unless set) it takes no"
        f" writes: {_ADVICE}, and defragment it"
    ]


def _revision(calls: EtcdCalls, at: int) -> int:
    """The revision of now; `Compacted` when revision `at` (0: any) is no longer kept."""
    request = RangeRequest(key=to_bytes(FLEET_KEY), keys_only=True, limit=1, revision=at)
    return int(calls.read(RANGE, request, "read an old revision").header.revision)


def _oldest(calls: EtcdCalls) -> int:
    """The revision up to which etcd is compacted, which it names to a watch that begins earlier."""
    create = WatchCreateRequest(key=to_bytes(FLEET_KEY), start_revision=1)
    request = WatchRequest(create_request=create)

    def compacted(answer: Any) -> bool:
        return bool(answer.compact_revision)

    answer = calls.ask(WATCH, request, "say what is compacted", compacted)
    return int(answer.compact_revision)
