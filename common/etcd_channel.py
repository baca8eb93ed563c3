"""A connection to etcd: one gRPC channel at a time, replaced when etcd does not answer there."""

from __future__ import annotations

import ctypes
import logging
import random
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common.errors import ConfigError, StoreClosed, StoreLost
from common.etcd_addresses import Addresses, Target, targets
from common.etcd_grpc import experimental, grpc
from common.etcd_protocol import Method
from common.etcd_settings import EtcdSettings

log = logging.getLogger(__name__)

_PATIENCE = 2
"""Calls in a row without an answer, after which the next target is tried."""

_OPTIONS = (
    ("grpc.max_receive_message_length", 64 << 20),
    ("grpc.max_send_message_length", 4 << 20),
    # A frozen peer is noticed by pings; below 5 s etcd would answer too_many_pings, and without a
    # call at the third of them: it ends the connection, and what is sent just then is lost.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 3_000),
    ("grpc.http2.ping_timeout_ms", 3_000),
    ("grpc.keepalive_permit_without_calls", 0),
    ("grpc.http2.max_pings_without_data", 0),
    # With 1 s at most, an etcd that was back was noticed up to 1 s late; with 200 ms, 230 ms late.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 200),
    # Else channels to the same addresses would share one connection, and its trouble.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),
    # Who asks takes the answers itself, without a thread that polls for them.
    (experimental.ChannelOptions.SingleThreadedUnaryStream, 1),
    ("grpc.enable_http_proxy", 0),
)


class EtcdChannel:
    """Gives the callables of the channel of now. Opening needs no etcd; any thread may use it."""

    def __init__(self, settings: EtcdSettings, addresses: Addresses) -> None:
        """`ConfigError` when a file of certificates cannot be read."""
        self._settings = settings
        self._addresses = addresses
        self._credentials = _credentials(settings) if settings.secure else None
        self._lock = threading.Lock()
        self._closed = False
        self._turns = random.randrange(1 << 16)  # so that a fleet does not sit on one member
        self._unanswered = 0
        self._target: Target | None = None
        self._channel: Any = None
        self._retired: Any = None
        self._callables: dict[tuple[str, str], Callable[..., Any]] = {}

    def unary(self, method: Method) -> Callable[..., Any]:
        """What does a call of one request and one answer."""
        return self._callable(method, "unary_unary")

    def question(self, method: Method) -> Callable[..., Any]:
        """What opens a call of one request and many answers; it needs no thread of its own."""
        return self._callable(method, "unary_stream")

    def stream(self, method: Method) -> Callable[..., Any]:
        """What opens a call of many requests and many answers."""
        return self._callable(method, "stream_stream")

    def answered(self) -> None:
        """Say that etcd answered, whatever it said."""
        self._unanswered = 0

    def unanswered(self) -> None:
        """Say that a call had no answer: after some of them another target is tried."""
        with self._lock:
            self._unanswered += 1
            if self._closed or self._unanswered < _PATIENCE:
                return
            self._unanswered = 0
            self._addresses.look()
            self._turn()

    def threadless(self) -> None:
        """Say that a call had no thread: its channel serves no stream any more, nor can be closed.

        Another one is opened with the next call. That one stays in memory for good: its end would
        wait for answers that nobody takes.
        """
        with self._lock:
            if self._channel is not None:
                ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._channel))
            self._channel, self._callables = None, {}

    def close(self) -> None:
        """End all calls; safe twice."""
        with self._lock:
            self._closed = True
            channels = [self._channel, self._retired]
            self._channel = self._retired = None
        for channel in channels:
            if channel is not None:
                channel.close()

    def _callable(self, method: Method, shape: str) -> Callable[..., Any]:
        with self._lock:
            if self._closed:
                raise StoreClosed("etcd was closed")
            if self._channel is None:
                self._open(self._targets())
            found = self._callables.get((method.path, shape))
            if found is None:
                make = getattr(self._channel, shape)
                found = make(
                    method.path, method.request.SerializeToString, method.response.FromString
                )
                self._callables[method.path, shape] = found
            return found

    def _targets(self) -> list[Target]:
        return targets(self._addresses.known(), self._settings.secure)

    def _turn(self) -> None:
        """Go on with the next target, if there is another one than that of now."""
        choice = self._targets()
        if not choice or choice[(self._turns + 1) % len(choice)] == self._target:
            return
        if self._retired is not None:
            self._retired.close()
        # Calls of other threads may still be answered on the old one, so it goes a turn later.
        self._retired = self._channel
        self._turns += 1
        self._open(choice)

    def _open(self, choice: list[Target]) -> None:
        if not choice:
            self._addresses.look()
            raise StoreLost("no name of etcd's endpoints could be looked up so far")
        self._target = target = choice[self._turns % len(choice)]
        log.debug("etcd is spoken to at %s", target.name)
        options = (*_OPTIONS, ("grpc.default_authority", target.authority), self._dial_option())
        if self._credentials is None:
            self._channel = grpc.insecure_channel(target.name, options)
        else:
            self._channel = grpc.secure_channel(target.name, self._credentials, options)
        self._callables = {}

    def _dial_option(self) -> tuple[str, int]:
        return ("grpc.min_reconnect_backoff_ms", int(self._settings.dial_timeout_seconds * 1000))


def _credentials(settings: EtcdSettings) -> Any:
    """TLS as configured; the system's authorities when none is named."""
    ca_file = settings.ca_file or Path(ssl.get_default_verify_paths().cafile or "")
    return grpc.ssl_channel_credentials(
        _read(ca_file, "ca_file") if ca_file.name else None,
        _read(settings.key_file, "key_file") if settings.key_file else None,
        _read(settings.cert_file, "cert_file") if settings.cert_file else None,
    )


def _read(path: Path, key: str) -> bytes:
    """A file's content; `ConfigError` names the setting when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"etcd: {key}: {path} cannot be read: {error.strerror}") from None
