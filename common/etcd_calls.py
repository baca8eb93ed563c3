"""Calls of etcd: each with a deadline, our token, and errors in the words of the store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from common.errors import StoreClosed, StoreError, StoreLost
from common.etcd_addresses import Addresses
from common.etcd_backoff import Backoff
from common.etcd_channel import EtcdChannel
from common.etcd_errors import AuthenticationOff, NotAuthenticated, translate
from common.etcd_grpc import grpc
from common.etcd_protocol import AUTHENTICATE, STATUS, Method
from common.etcd_settings import EtcdSettings
from common.etcd_token import EtcdToken, Metadata
from common.shortage import shortage

_LEAST_PAUSE = 0.05
_MOST_PAUSE = 0.5


class EtcdCalls:
    """Does calls over one channel. Every call ends at its deadline or at `close`, if not before.

    Errors of all calls: `StoreLost`, `StoreRefused` and its finer kinds, `StoreClosed`.
    """

    def __init__(self, settings: EtcdSettings, addresses: Addresses) -> None:
        self._settings = settings
        self._channel = EtcdChannel(settings, addresses)
        self._token = EtcdToken(
            self._authenticate if settings.user else None, settings.request_timeout_seconds
        )
        self._closed = threading.Event()

    def write(self, method: Method, request: Any, doing: str, timeout: float | None = None) -> Any:
        """Do a call that must not be done twice: it is sent once.

        Only when etcd says that it did nothing, because our token is old, is it sent again.
        """
        seconds = self._settings.request_timeout_seconds if timeout is None else timeout

        def once(metadata: Metadata) -> Any:
            call = self._channel.unary(method)
            answer = call(request, timeout=seconds, metadata=metadata, wait_for_ready=True)
            self._channel.answered()
            return answer

        return self._with_token(once, doing)

    def read(self, method: Method, request: Any, doing: str, timeout: float | None = None) -> Any:
        """Do a call that may be done twice: it is tried again within its time."""
        return self._again(
            lambda seconds: self.write(method, request, doing, seconds),
            self._settings.request_timeout_seconds if timeout is None else timeout,
        )

    def ask(
        self,
        method: Method,
        request: Any,
        doing: str,
        fits: Callable[[Any], bool] = lambda answer: True,
    ) -> Any:
        """The first answer that fits of a stream with one request; tried again within its time."""

        def once(seconds: float) -> Any:
            def first(metadata: Metadata) -> Any:
                call = self._channel.question(method)
                answers = call(request, timeout=seconds, metadata=metadata, wait_for_ready=True)
                answer = _first(answers, fits, doing)
                self._channel.answered()
                return answer

            return self._with_token(first, doing)

        return self._again(once, self._settings.request_timeout_seconds)

    def why(self) -> str:
        """Why there is no connection, as far as that can be told at once; "" when it cannot."""
        try:
            call = self._channel.unary(STATUS)
            call(STATUS.request(), timeout=_LEAST_PAUSE, wait_for_ready=False)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                return str(error.details())
        except (ValueError, StoreError):  # closed meanwhile, or no name known yet
            pass
        return ""

    def open(self, method: Method, requests: Iterator[Any], metadata: Metadata) -> Iterable[Any]:
        """Open a stream that stays; a member without a leader ends it. Its errors are grpc's.

        StoreLost where there is no thread for it.
        """
        call: Any = self._channel.stream(method)
        with_leader = (*metadata, ("hasleader", "true"))
        try:
            opened: Iterable[Any] = call(requests, metadata=with_leader, wait_for_ready=True)
        except RuntimeError as error:
            if not shortage(error):
                raise
            self._channel.threadless()
            raise StoreLost(f"no stream to etcd: {error}") from None
        return opened

    def metadata(self) -> Metadata:
        """What `open` wants: who we are."""
        metadata: Metadata = self._said(self._token.metadata, "log in")
        return metadata

    def forget(self, sent: Metadata) -> None:
        """Say that etcd did not know this token any more."""
        self._token.forget(sent)

    def answered(self) -> None:
        """Say that a stream had an answer."""
        self._channel.answered()

    def unanswered(self) -> None:
        """Say that a stream had none."""
        self._channel.unanswered()

    def close(self) -> None:
        """End all calls; safe twice."""
        self._closed.set()
        self._channel.close()

    def _again(self, once: Callable[[float], Any], seconds: float) -> Any:
        """Try until an answer, or the time is up; the last try's error is the one raised."""
        deadline = time.monotonic() + seconds
        backoff = Backoff(_LEAST_PAUSE, _MOST_PAUSE)
        while True:
            try:
                return once(max(0.0, deadline - time.monotonic()))
            except StoreLost:
                pause = backoff.pause()
                if time.monotonic() + pause >= deadline:
                    raise
                self._closed.wait(pause)

    def _with_token(self, once: Callable[[Metadata], Any], doing: str) -> Any:
        """Do it with our token, and once more with a new one when etcd does not know the old."""
        metadata = self.metadata()
        try:
            return self._said(lambda: once(metadata), doing)
        except NotAuthenticated:
            if not self._token.needed:
                raise
            self._token.forget(metadata)
        again = self.metadata()
        return self._said(lambda: once(again), doing)

    def _said(self, call: Callable[[], Any], doing: str) -> Any:
        """What the call answers, its errors in the words of the store."""
        if self._closed.is_set():
            raise StoreClosed(f"etcd was closed before: {doing}")
        try:
            return call()
        except grpc.RpcError as error:
            raise self._heard(translate(error, doing)) from None
        except ValueError:  # what grpc raises for a call on a channel that was closed meanwhile
            raise self._heard(StoreLost(f"etcd's connection was closed amid: {doing}")) from None

    def _heard(self, error: StoreError) -> StoreError:
        """Tell the channel whether etcd answered; after our close an error means just that."""
        if self._closed.is_set():
            return StoreClosed(f"etcd was closed amid: {error}")
        if isinstance(error, StoreLost):
            self._channel.unanswered()
        else:
            self._channel.answered()
        return error

    def _authenticate(self) -> str | None:
        """Exchange user and password for a token; None when etcd wants no password."""
        request = AUTHENTICATE.request(name=self._settings.user, password=self._settings.password)
        call = self._channel.unary(AUTHENTICATE)
        seconds = self._settings.request_timeout_seconds
        try:
            return str(call(request, timeout=seconds, wait_for_ready=True).token)
        except grpc.RpcError as error:
            said = translate(error, "log in")
            if isinstance(said, AuthenticationOff):
                return None
            raise said from None


def _first(answers: Any, fits: Callable[[Any], bool], doing: str) -> Any:
    """The first answer that fits; `StoreLost` when the stream ends without one."""
    try:
        for answer in answers:
            if fits(answer):
                return answer
    finally:
        answers.cancel()
    raise StoreLost(f"etcd did not answer to {doing}: the stream ended")
