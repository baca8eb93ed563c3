"""How a directory goes that somebody else could write to: whatever is in it, and however deep."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress


def remove(parent: int, name: str) -> None:
    """Remove a directory of the directory `parent`, and all in it, without following a link.

    No depth takes more than two descriptors: what lies below is moved up first. All is looked at
    once, so that nobody who goes on adding to it can hold us up. OSError when something stays;
    nothing happens when there is no such directory.
    """
    if _unlinked(parent, name):
        return
    top = _opened(parent, name)
    try:
        ahead = [each for each in os.listdir(top) if not _unlinked(top, each)]
        while ahead:
            ahead += _emptied(top, ahead.pop())
    finally:
        os.close(top)
    os.rmdir(name, dir_fd=parent)


def _emptied(top: int, name: str) -> Iterator[str]:
    """Remove a directory of `top`; what the directories in it are called there now."""
    with suppress(OSError):  # One that stays keeps `top`, too: that says it all.
        place = _opened(top, name)
        try:
            for each in os.listdir(place):
                if not _unlinked(place, each):
                    yield _moved_up(place, each, top)
        finally:
            os.close(place)
        os.rmdir(name, dir_fd=top)


def _moved_up(place: int, name: str, top: int) -> str:
    moved = secrets.token_hex(16)
    _unlock(place, name)
    os.rename(name, moved, src_dir_fd=place, dst_dir_fd=top)
    return moved


def _opened(parent: int, name: str) -> int:
    _unlock(parent, name)
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)


def _unlock(parent: int, name: str) -> None:
    """Let us in. Root gets in anyhow, and must not follow what took the directory's place."""
    if os.geteuid():
        os.chmod(name, 0o700, dir_fd=parent)


def _unlinked(place: int, name: str) -> bool:
    """Remove what is no directory, or is gone already; False for a directory."""
    try:
        os.unlink(name, dir_fd=place)
    except FileNotFoundError:
        pass
    except IsADirectoryError:
        return False
    return True
