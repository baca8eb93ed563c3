"""Who we are to etcd: the token that a user and a password are exchanged for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from common.errors import StoreLost

log = logging.getLogger(__name__)

Metadata = tuple[tuple[str, str], ...]


class EtcdToken:
    """Hold one token for all calls. A token is asked for once, however many threads need it."""

    def __init__(self, ask: Callable[[], str | None] | None, patience: float) -> None:
        """`ask` gets a new token, or None from an etcd that wants none; no `ask`, no token.

        A thread waits at most `patience` seconds for another one that is asking.
        """
        self._ask = ask
        self._patience = patience
        self._lock = threading.Lock()
        self._asked = False
        self._token: str | None = None

    @property
    def needed(self) -> bool:
        """Whether we have a user at all."""
        return self._ask is not None

    def metadata(self) -> Metadata:
        """What goes with a call. Errors are those of asking for a token."""
        if self._ask is None:
            return ()
        if not self._lock.acquire(timeout=self._patience):
            raise StoreLost("etcd did not answer to log in: another thread still asks it")
        try:
            if not self._asked:
                self._token = self._ask()
                self._asked = True
                if self._token is None:
                    log.warning("etcd asks for no password: whoever reaches it can write to it")
            return self._metadata()
        finally:
            self._lock.release()

    def forget(self, sent: Metadata) -> None:
        """Ask anew before the next call, unless a newer token than the one sent is here already."""
        with self._lock:
            if sent == self._metadata():
                self._asked = False

    def _metadata(self) -> Metadata:
        return () if self._token is None else (("token", self._token),)
