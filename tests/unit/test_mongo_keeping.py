"""How much of a collection is in use, by what MongoDB tells of it."""

from typing import Any

from common.mongo_keeping import INDEXED_BYTES, used_bytes

REUSE = "file bytes available for reuse"


def told(count: int, size: int, *indexes: tuple[int, int]) -> dict[str, Any]:
    """What `collStats` says; of each index how large its file is, and how much of that is free."""
    details = {f"i{n}": {"block-manager": {REUSE: free}} for n, (_, free) in enumerate(indexes)}
    total = sum(file for file, _ in indexes)
    return {"count": count, "size": size, "totalIndexSize": total, "indexDetails": details}


def test_records_and_their_indexes_count() -> None:
    assert used_bytes(told(1000, 500_000, (40_000, 0), (60_000, 0))) == 600_000


def test_room_that_removed_records_left_in_the_indexes_does_not_count() -> None:
    assert used_bytes(told(1000, 500_000, (40_000, 30_000), (60_000, 50_000))) == 520_000


def test_where_that_is_not_told_the_indexes_count_no_more_than_their_records_need() -> None:
    stats = told(1000, 500_000, (40 << 20, 0))
    for silent in (stats, {**stats, "indexDetails": {"i0": {}}}, {**stats, "indexDetails": {}}):
        assert used_bytes(silent) == 500_000 + 1000 * INDEXED_BYTES
    del stats["indexDetails"]
    assert used_bytes(stats) == 500_000 + 1000 * INDEXED_BYTES


def test_nothing_is_in_use_where_all_was_removed() -> None:
    assert used_bytes(told(0, 0, (40 << 20, 0))) == used_bytes({}) == 0
    assert used_bytes(told(1, 10, (4096, 8192))) == 10
