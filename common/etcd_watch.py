"""A watch of etcd that outlives every break: its snapshot, then each change once, for ever."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from common.errors import StoreClosed, StoreError, StoreLost, StoreRefused
from common.etcd_backoff import Backoff
from common.etcd_calls import EtcdCalls
from common.etcd_errors import Compacted, MessageTooLarge
from common.etcd_mailbox import Mailbox
from common.etcd_outage import Outage
from common.etcd_snapshot import read_parts, take_snapshot
from common.etcd_watch_place import Place
from common.etcd_watch_session import WatchSession
from common.etcd_watch_stream import StreamSilent
from common.store import Changes, Snapshot

log = logging.getLogger(__name__)

_ITEMS = 256
_PARTS = 1
"""So many parts of a listing lie ready, for each holds thousands of entries."""
_LEAST_PAUSE = 0.1
_MOST_PAUSE = 1.0
_MOST_REFUSED_PAUSE = 5.0
_SILENCES = 2
"""Streams in a row that began and fell silent before telling anything, then we list again."""


class EtcdWatch:
    """Implements `Watch`. One thread lists and follows; `next` takes what it found."""

    def __init__(
        self,
        calls: EtcdCalls,
        prefixes: Sequence[str],
        in_parts: str,
        timeout: float,
        ended: Callable[[EtcdWatch], None],
    ) -> None:
        """One of the prefixes is listed `in_parts`; `ended` is told of our cancel.

        `timeout` is that of one request in seconds.
        """
        self._calls = calls
        self._in_parts = in_parts
        self._timeout = timeout
        self._ended = ended
        self._places = [Place(prefix) for prefix in prefixes]
        self._items: Mailbox[Snapshot | Changes] = Mailbox(_ITEMS, "the watch")
        self._outage = Outage(f"the watch of {', '.join(prefixes)}")
        self._backoff = Backoff(_LEAST_PAUSE, _MOST_PAUSE)
        self._refused_backoff = Backoff(_LEAST_PAUSE, _MOST_REFUSED_PAUSE)
        self._silences = 0
        self._lock = threading.Lock()
        self._cancelled = False
        self._session: WatchSession | None = None
        self._thread = threading.Thread(target=self._run, name="etcd-watch", daemon=True)
        self._thread.start()

    def next(self, timeout: float) -> Snapshot | Changes | None:
        """The next of it, or None after `timeout` seconds; `StoreClosed` once cancelled."""
        return self._items.get(timeout)

    def cancel(self) -> None:
        """End the watch from any thread; wakes `next`; safe twice."""
        with self._lock:
            self._cancelled = True
            session = self._session
        self._items.close()
        if session is not None:
            session.close()
        self._ended(self)

    def join(self, timeout: float) -> None:
        """Wait for the thread's end, at most so many seconds."""
        self._thread.join(timeout)

    def _run(self) -> None:
        """The watch's thread. What is unexpected is raised by `next`, where it ends the caller."""
        try:
            while True:
                self._step()
        except StoreClosed:
            self._items.close()
        except Exception as error:
            log.exception("the watch ends by an error of ours")
            self._items.close(error)

    def _step(self) -> None:
        """List and follow until something breaks, and pause."""
        try:
            self._list()
            self._follow()
        except Compacted as error:
            log.info("%s: listing again", error)
            self._items.pause(self._backoff.pause())
        except MessageTooLarge as error:
            self._forget()
            self._broke(error, self._backoff.pause())
        except StoreRefused as error:
            self._broke(error, self._refused_backoff.pause())
        except StoreLost as error:
            self._broke(error, self._backoff.pause())

    def _list(self) -> None:
        """Hand over a snapshot of every place of which nothing is known."""
        for place in self._places:
            if place.revision is not None:
                continue
            if place.prefix == self._in_parts:
                for part in read_parts(self._calls, place.prefix, self._timeout):
                    self._items.put(part, _PARTS)
            else:
                part = take_snapshot(self._calls, place.prefix, self._timeout)
                self._items.put(part)
            place.listed(part)

    def _follow(self) -> None:
        """Follow over one stream; ends only by an error."""
        session = self._open()
        try:
            session.follow(self._items.put)
        except StoreLost as error:
            self._calls.unanswered()
            self._judge(session, error)
            raise
        finally:
            session.close()

    def _open(self) -> WatchSession:
        session = WatchSession(self._calls, self._places, self._mended)
        with self._lock:
            self._session = session
            if self._cancelled:
                session.close()
        return session

    def _judge(self, session: WatchSession, error: StoreLost) -> None:
        """Forget everything when etcd seems unable to tell what happened since then."""
        if isinstance(error, StreamSilent) and session.begun and not session.told:
            self._silences += 1
        else:
            self._silences = 0
        if self._silences >= _SILENCES:
            log.warning("etcd tells the watch nothing of the past: listing again")
            self._silences = 0
            self._forget()

    def _forget(self) -> None:
        for place in self._places:
            place.forget()

    def _mended(self) -> None:
        self._backoff.reset()
        self._refused_backoff.reset()
        self._outage.mended()

    def _broke(self, error: StoreError, pause: float) -> None:
        self._outage.broke(error, pause)
        self._items.pause(pause)
