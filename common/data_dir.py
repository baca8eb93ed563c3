"""A daemon's data directory: where it is by default, and that nobody else can look into it."""

from __future__ import annotations

import fcntl
import logging
import os
import shlex
import stat
from pathlib import Path

from common.errors import ConfigError

log = logging.getLogger(__name__)

PRIVATE = 0o700
MARKS = ("store.db", "executors")
"""What a used data directory holds: standalone's the first, a worker's the second."""


def default_data_dir() -> Path:
    """Where state goes when nothing was said.

    systemd's $STATE_DIRECTORY (the first of its list), else /var/lib/fleetcron for root, else
    `fleetcron` in $XDG_DATA_HOME or ~/.local/share.
    """
    given = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if given:
        return Path(given)
    if os.geteuid() == 0:
        return Path("/var/lib/fleetcron")
    shared = os.environ.get("XDG_DATA_HOME", "")
    base = Path(shared) if shared.startswith("/") else Path.home() / ".local" / "share"
    return base / "fleetcron"


def prepare_data_dir(path: Path) -> None:
    """Make the directory with mode 0700, or tighten one of ours; ConfigError where it is not ours.

    One that others may look into and that holds other things than ours (/tmp, a home) is left as
    it is. Missing parents are made with the same mode. A link to a directory is followed.
    """
    try:
        _make(path)
        _tighten(path)
    except OSError as error:
        raise ConfigError(f"data directory {path}: {error.strerror or error}") from error


def hold_data_dir(path: Path) -> int:
    """Keep others out for as long as the descriptor is open; ConfigError where one is in.

    It is closed with the process, however that ends, and no child has it.
    """
    opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(opened)
        raise ConfigError(f"data directory {path} is in use by another daemon") from error
    return opened


def _make(path: Path) -> None:
    for missing in reversed([p for p in (path, *path.parents) if not p.exists()]):
        missing.mkdir(mode=PRIVATE, exist_ok=True)


def _tighten(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        status = os.fstat(opened)
        if status.st_uid != os.geteuid():
            raise ConfigError(
                f"data directory {path} belongs to user {status.st_uid}, and we are"
                f" {os.geteuid()}; give one of our own"
            )
        mode = stat.S_IMODE(status.st_mode)
        if mode & 0o077:
            _require_ours(path, opened)
            os.fchmod(opened, PRIVATE)
            log.warning("data directory %s had mode %04o; it is 0700 now", path, mode)
    finally:
        os.close(opened)


def _require_ours(path: Path, opened: int) -> None:
    held = set(os.listdir(opened)) - {"lost+found"}  # of a file system of its own
    if held and not any(mark in held for mark in MARKS):
        raise ConfigError(
            f"data directory {path} is open to others and holds other things; give one that is"
            f" for fleetcron alone, or close it first: chmod 700 {shlex.quote(str(path))}"
        )
