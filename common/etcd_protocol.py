"""The messages and calls of etcd's protocol, read from the definitions in package `etcd3`.

Only the package's serialized descriptors are read, never its code: that was generated for
protobuf 3 and does not load with a newer one. They go into a pool of descriptors of our own.
"""

from __future__ import annotations

import ast
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FILES = ("kv", "auth", "rpc")
_SERVER = "etcdserverpb"


def _definitions() -> Path:
    """The folder of the installed package that holds its generated modules."""
    found = importlib.util.find_spec("etcd3")
    if found is None or found.origin is None:
        raise ImportError("package etcd3 is not installed; etcd cannot be spoken to without it")
    return Path(found.origin).parent / "etcdrpc"


def _serialized(module: Path) -> bytes:
    """The descriptor that a generated module holds as a literal, on a line of its own."""
    lines = map(str.strip, module.read_text(encoding="utf-8").splitlines())
    said = next((line for line in lines if line.startswith("serialized_pb=")), "serialized_pb=''")
    (assigned,) = ast.parse(said).body
    given = assigned.value if isinstance(assigned, ast.Assign) else None
    literal = given.args[0] if isinstance(given, ast.Call) else given
    value = literal.value if isinstance(literal, ast.Constant) else None
    if isinstance(value, str | bytes) and value:
        return value if isinstance(value, bytes) else value.encode("latin-1")
    raise ImportError(f"{module.name} of package etcd3 holds no descriptor; is it 0.12.0?")


def _add_progress_request(file: descriptor_pb2.FileDescriptorProto) -> None:
    """Add the request for a watch's progress, which came to etcd after the package (3.4)."""
    file.message_type.add(name="WatchProgressRequest")
    request = next(message for message in file.message_type if message.name == "WatchRequest")
    request.field.add(
        name="progress_request",
        number=3,
        label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL,
        type=descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE,
        type_name=f".{_SERVER}.WatchProgressRequest",
        oneof_index=0,
    )


def _add_errors(file: descriptor_pb2.FileDescriptorProto) -> None:
    """Add what a member's status says of alarms, which came to etcd after the package (3.4)."""
    status = next(message for message in file.message_type if message.name == "StatusResponse")
    status.field.add(
        name="errors",
        number=8,
        label=descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED,
        type=descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    )


def _load() -> descriptor_pool.DescriptorPool:
    """A pool with etcd's files."""
    pool = descriptor_pool.DescriptorPool()
    for name in _FILES:
        file = descriptor_pb2.FileDescriptorProto.FromString(
            _serialized(_definitions() / f"{name}_pb2.py")
        )
        if name == "rpc":
            _add_progress_request(file)
            _add_errors(file)
        pool.Add(file)
    return pool


_POOL = _load()


@dataclass(frozen=True, slots=True)
class Method:
    """One call of etcd: its path and the classes of what is sent and answered."""

    path: str
    request: Any
    response: Any


def _message(name: str) -> Any:
    """The class of one message."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{_SERVER}.{name}"))


def _method(service: str, name: str) -> Method:
    """One call of a service."""
    found = _POOL.FindServiceByName(f"{_SERVER}.{service}").methods_by_name[name]
    return Method(
        f"/{_SERVER}.{service}/{name}",
        message_factory.GetMessageClass(found.input_type),
        message_factory.GetMessageClass(found.output_type),
    )


RANGE = _method("KV", "Range")
TXN = _method("KV", "Txn")
LEASE_GRANT = _method("Lease", "LeaseGrant")
LEASE_REVOKE = _method("Lease", "LeaseRevoke")
LEASE_KEEP_ALIVE = _method("Lease", "LeaseKeepAlive")
WATCH = _method("Watch", "Watch")
AUTHENTICATE = _method("Auth", "Authenticate")
STATUS = _method("Maintenance", "Status")

Compare = _message("Compare")
RangeRequest = _message("RangeRequest")
TxnRequest = _message("TxnRequest")
WatchCreateRequest = _message("WatchCreateRequest")
WatchProgressRequest = _message("WatchProgressRequest")
WatchRequest = _message("WatchRequest")

DELETE_EVENT = 1
"""The type of an event that removed its key (mvccpb.Event.DELETE)."""

NO_WATCH = -1
"""The watch id of an answer that belongs to the whole stream."""
