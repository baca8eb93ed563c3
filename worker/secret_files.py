"""A worker's secrets: files that jobs may name, read when a run begins, and never kept."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Mapping, Sequence

from worker.identity import CouldNotStart

log = logging.getLogger(__name__)

MAX_SECRET_BYTES = 65536


class SecretsRefused(CouldNotStart):
    """A run cannot have its secrets; the text says why, and nothing of their values."""


def read_secrets(directory: str, names: Sequence[str]) -> Mapping[str, bytes]:
    """The values of these files of the worker's directory, by name.

    SecretsRefused where one is not there, is no regular file, is too large, belongs to somebody
    else than root or us, or may be read or written by others, and where others may put files there.
    """
    if not directory:
        raise SecretsRefused("this worker has no secrets (secrets_dir is not set)")
    try:
        place = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise SecretsRefused(f"secrets_dir {directory}: {error.strerror}") from error
    try:
        _check_place(directory, os.fstat(place))
        return {name: _read(place, name) for name in names}
    finally:
        os.close(place)


def announce_secrets(directory: str) -> None:
    """Log, once at start, why no job can have secrets of this directory ("" for none), if so."""
    if not directory:
        return
    try:
        read_secrets(directory, ())
    except SecretsRefused as refused:
        log.warning("jobs that name secrets cannot start: %s", refused)


def _read(place: int, name: str) -> bytes:
    # Not blocking, for whatever lies there may be a pipe.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=place)
    except FileNotFoundError as error:
        raise SecretsRefused(f"secret {name} is not on this worker") from error
    except OSError as error:
        what = "is a link" if _is_link(place, name) else str(error.strerror)
        raise SecretsRefused(f"secret {name}: {what}") from error
    try:
        _check(name, os.fstat(descriptor))
        value = os.read(descriptor, MAX_SECRET_BYTES + 1)
    except OSError as error:
        raise SecretsRefused(f"secret {name}: {error.strerror}") from error
    finally:
        os.close(descriptor)
    if len(value) > MAX_SECRET_BYTES:
        raise SecretsRefused(f"secret {name} has more than {MAX_SECRET_BYTES} bytes")
    return value


def _check_place(directory: str, found: os.stat_result) -> None:
    """Who may write to it may put any file of ours there, by a hard link."""
    if found.st_uid not in (0, os.geteuid()):
        raise SecretsRefused(
            f"secrets_dir {directory} belongs to another user than the worker's or root"
        )
    if found.st_mode & 0o022:
        mode = stat.S_IMODE(found.st_mode)
        raise SecretsRefused(
            f"others may write to secrets_dir {directory} (mode {mode:04o}): chmod go-w"
        )


def _check(name: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise SecretsRefused(f"secret {name} is not a regular file")
    if found.st_uid not in (0, os.geteuid()):
        raise SecretsRefused(f"secret {name} belongs to another user than the worker's or root")
    if found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        raise SecretsRefused(f"secret {name} is open to others (mode {mode:04o}): chmod 0600")


def _is_link(place: int, name: str) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=place, follow_symlinks=False).st_mode)
    except OSError:
        return False
