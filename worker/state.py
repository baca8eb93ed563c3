"""What a worker keeps of its incarnation on disk, so that its next life can go on with it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from common.boot import boot_id
from common.errors import InvalidField
from common.strict_json import parse_object

log = logging.getLogger(__name__)

FILE = "incarnation.json"
ANEW = "this life begins a new incarnation"


def place_of(directory: Path) -> str:
    """Which directory this is to the file system, so that a copy is another; "" for none."""
    try:
        status = os.stat(directory)
    except OSError:
        return ""
    return f"{status.st_dev}:{status.st_ino}"


def set_aside(path: Path, worker: str) -> None:
    """Rename a file that is another worker's, so that neither is lost nor used; OSError."""
    name = re.sub(r"[^\w.:-]", "_", worker)[:100]
    os.replace(path, path.with_name(f"{path.name}.of-{name}"))


def write_whole(path: Path, content: bytes, lasting: bool = False) -> None:
    """Put a file with this content in the place of what is there, or leave that; OSError.

    A `lasting` one outlives a power cut, too; the other only us.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with open(part, "wb", opener=_private) as file:
            file.write(content)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    if lasting:
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


@dataclass(frozen=True, slots=True)
class State:
    """An incarnation of a worker, its lease, and the boot of the machine in which it began.

    `place` is the directory that it was written to: a copy may be of a worker that lives.
    """

    worker: str
    incarnation: str
    lease: int
    boot: str
    place: str


class StateFile:
    """The file in the worker's directory. What cannot be used or written is said, and goes on."""

    def __init__(self, directory: Path, worker: str) -> None:
        self._path = directory / FILE
        self._worker = worker

    def read(self) -> State | None:
        """What a former life in this boot left; None without one. What is not ours is set aside."""
        try:
            state = _parse(self._path.read_bytes())
            if state.worker != self._worker:
                log.warning("%s is of worker %s: set aside, %s", self._path, state.worker, ANEW)
                set_aside(self._path, state.worker)
                return None
        except FileNotFoundError:
            return None
        except (OSError, InvalidField) as error:
            log.warning("%s cannot be used (%s): %s", self._path, error, ANEW)
            return None
        if state.boot != boot_id():
            log.info("%s is from before the machine's last start: %s", self._path, ANEW)
            return None
        if state.place != place_of(self._path.parent):
            log.warning("%s is a copy of another directory's: %s", self._path, ANEW)
            return None
        return state

    def write(self, incarnation: str, lease: int) -> None:
        """Keep an incarnation that has its alive key."""
        state = State(self._worker, incarnation, lease, boot_id(), place_of(self._path.parent))
        try:
            write_whole(self._path, json.dumps(asdict(state)).encode() + b"\n", True)
        except OSError as error:
            log.error("%s cannot be written (%s): after a restart, %s", self._path, error, ANEW)

    def remove(self) -> None:
        """Forget it: its lease was given back."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s cannot be removed (%s)", self._path, error)


def _parse(content: bytes) -> State:
    """InvalidField for anything that `StateFile.write` did not write."""
    document = parse_object(content, "state")
    for name in ("worker", "incarnation", "boot", "place"):
        value = document.get(name)
        if not isinstance(value, str) or not value or not value.isascii():
            raise InvalidField(name, "missing, or not a text of ours")
    lease = document.get("lease")
    if isinstance(lease, bool) or not isinstance(lease, int) or not 0 < lease < 1 << 63:
        raise InvalidField("lease", "missing, or not a number of ours")
    return State(
        document["worker"], document["incarnation"], lease, document["boot"], document["place"]
    )
