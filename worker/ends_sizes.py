"""How large the files of an executor's ends are: fitted to what it may use, and to its disk."""

from __future__ import annotations

import os
from pathlib import Path

PART_BYTES = (1 << 20, 256 << 10, 64 << 10)
"""So much room a file has, or less on a full disk: it goes when all in it are acknowledged."""
RESERVE_BYTES = (256 << 10, 128 << 10, 64 << 10, 32 << 10, 16 << 10)

PARTS, RESERVES = 4, 16
"""What is to be used holds at least so many parts, or a reserve so many times."""


def usable(directory: Path, share: int) -> int:
    """How many bytes are to be used at most: the share, or all of a disk that is smaller."""
    try:
        disk = os.statvfs(directory)
    except OSError:
        return share
    return min(share, disk.f_blocks * disk.f_frsize)


def part_sizes(most: int) -> tuple[int, ...]:
    """What parts may have where so much is to be used: the better ones first."""
    return _fitting(PART_BYTES, most // PARTS)


def reserve_sizes(most: int) -> tuple[int, ...]:
    """What a reserve may have where so much is to be used: the better ones first."""
    return _fitting(RESERVE_BYTES, most // RESERVES)


def _fitting(sizes: tuple[int, ...], most: int) -> tuple[int, ...]:
    """Those that are no longer; the shortest one in any case."""
    return tuple(size for size in sizes if size <= most) or sizes[-1:]
