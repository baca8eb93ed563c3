"""What a worker's main process and its shipper say to each other, and the bytes of it.

Each message is a frame: its length in 4 bytes, big-endian, then JSON. Both are of one program, but
not always of one version of it: a field that is not known is ignored, one that is not said has its
default.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from common.log_opening import LogSpec, spec_from_document, spec_to_document
from common.record import JobLog
from worker.executor_channel import RECEIVE_BYTES, cut, packed
from worker.spooled import Range


@dataclass(frozen=True, slots=True)
class Open:
    """Main → shipper, first of all: where records go, and how.

    `worker` is whose word they are; a batch is written when it has `size` records or more, or
    `seconds` after its first came. `executors` is the directory of all lives' spools, and `refused`
    the file for what the log store refuses for good.
    """

    spec: LogSpec
    worker: str
    executors: Path
    size: int
    seconds: float
    refused: Path


@dataclass(frozen=True, slots=True)
class Keep:
    """Main → shipper: records of the main process's own, by a `number` that no other has."""

    number: int
    records: tuple[JobLog, ...]


@dataclass(frozen=True, slots=True)
class Ship:
    """Main → shipper: ends in the spool, of which it is to make and store the records."""

    range: Range


@dataclass(frozen=True, slots=True)
class Stop:
    """Main → shipper: nothing more comes; try once more to write what there is, and end."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """Shipper → main: the log store has acknowledged these.

    `kept` are the numbers of what it was told to keep; `ranges` of the spool are done with, and
    `told` the runs whose ends lay in them, with their `run_keys`.
    """

    kept: tuple[int, ...] = ()
    ranges: tuple[Range, ...] = ()
    run_keys: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Shipper → main: no records can be made of these ends in the spool."""

    range: Range
    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Shipper → main: the log store refuses this run's record for good, which was put aside."""

    run_id: str
    why: str


@dataclass(frozen=True, slots=True)
class State:
    """Shipper → main: `why` nothing can be stored, "" while all is well; of how many records that
    are refused for good not even that could be put aside.

    On change, after each try in vain, and now and then while something waits: so it is known alive.
    """

    why: str
    stuck: int = 0


Down = Open | Keep | Ship | Stop
Up = Shipped | Unreadable | Refused | State

_KINDS: Mapping[str, type[Down | Up]] = {
    kind.__name__: kind for kind in (Open, Keep, Ship, Stop, Shipped, Unreadable, Refused, State)
}
_NAMES = {kind: tuple(each.name for each in fields(kind)) for kind in _KINDS.values()}
_OF_A_RECORD = tuple((each.name, each.default) for each in fields(JobLog))
_text_of = json.JSONEncoder(separators=(",", ":")).encode


def ship_frame(message: Down | Up) -> bytes:
    """The message as it lies in the stream."""
    kind = type(message)
    said: dict[str, Any] = {name: getattr(message, name) for name in _NAMES[kind]}
    if isinstance(message, Keep):
        said["records"] = [_told(record) for record in message.records]
    if isinstance(message, Open):
        said["spec"] = spec_to_document(message.spec)
        said["executors"], said["refused"] = str(message.executors), str(message.refused)
    if isinstance(message, Ship | Unreadable):
        said["range"] = astuple(message.range)
    if isinstance(message, Shipped):
        said["ranges"] = [astuple(each) for each in message.ranges]
    return packed(_text_of([kind.__name__, said]).encode("ascii"))


def read_ship(data: bytes) -> Down | Up:
    """The message of a frame; ValueError for what is none."""
    try:
        name, said = json.loads(data)
        kind = _KINDS[name]
        known = {field: said[field] for field in _NAMES[kind] if field in said}
        if kind is Keep:
            known["records"] = tuple(map(_heard, said["records"]))
        if kind is Open:
            known["spec"] = spec_from_document(said["spec"])
            known["executors"], known["refused"] = Path(said["executors"]), Path(said["refused"])
        if kind in (Ship, Unreadable):
            known["range"] = Range(*said["range"])
        if kind is Shipped:
            known = {name: tuple(each) for name, each in known.items()}
            known["ranges"] = tuple(Range(*each) for each in said["ranges"])
        return kind(**known)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"a message of the shipper cannot be read: {error}") from error


def messages(connection: socket.socket) -> Iterator[Down | Up]:
    """What is said on a connection until its other end closes it.

    OSError where it breaks off, ValueError for what is no message.
    """
    buffer = bytearray()
    while data := connection.recv(RECEIVE_BYTES):
        buffer += data
        yield from map(read_ship, cut(buffer))


def _told(record: JobLog) -> dict[str, Any]:
    """A record's fields, as far as they are no defaults."""
    return {
        name: value for name, default in _OF_A_RECORD if (value := getattr(record, name)) != default
    }


def _heard(said: Mapping[str, Any]) -> JobLog:
    return JobLog(**{name: said[name] for name, _ in _OF_A_RECORD if name in said})
