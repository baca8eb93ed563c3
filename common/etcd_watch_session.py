"""Following all prefixes of a watch over one stream, until it breaks."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from common.errors import StoreError, StoreLost, StoreRefused
from common.etcd_calls import EtcdCalls
from common.etcd_errors import Compacted, NotAuthenticated, from_text
from common.etcd_keys import to_bytes
from common.etcd_protocol import NO_WATCH, RANGE, STATUS, RangeRequest
from common.etcd_watch_place import Place
from common.etcd_watch_stream import WatchStream
from common.store import Changes

log = logging.getLogger(__name__)


class WatchSession:
    """One stream over some places. `follow` ends only by the error that broke it.

    `begun` is true once etcd has taken all watches, `told` once it said anything after that.
    """

    def __init__(
        self, calls: EtcdCalls, places: Sequence[Place], begin: Callable[[], None]
    ) -> None:
        """`begin` is called when etcd has taken all watches."""
        self.begun = False
        self.told = False
        self._calls = calls
        self._on_begin = begin
        self._places = tuple(places)
        self._created: dict[int, Place] = {}
        self._stream = WatchStream(calls)
        self._ordered = False

    def close(self) -> None:
        """End it from any thread; safe twice."""
        self._stream.close()

    def follow(self, deliver: Callable[[Changes], None]) -> NoReturn:
        """Hand over changes as they come.

        Raises `StoreLost` (go on in a new session), `Compacted` (its place is forgotten),
        `StoreRefused` (etcd says no), `StoreClosed`.
        """
        try:
            for place in self._places:
                self._stream.ask(place.request())
            while True:
                answer = self._stream.answer()
                if answer is not None:
                    self.told = self.begun
                    self._take(answer, deliver)
                self._stream.pulse()
        except NotAuthenticated:
            self._calls.forget(self._stream.metadata)
            raise

    def _take(self, answer: Any, deliver: Callable[[Changes], None]) -> None:
        """Take one answer in."""
        if answer.canceled or answer.compact_revision:
            self._cancelled(answer)
        elif answer.created:
            self._begin(answer)
        elif answer.watch_id == NO_WATCH:
            self._progressed(self._places if self._ordered else (), answer.header.revision)
        elif answer.events:
            changes = self._created[answer.watch_id].changes(answer.events)
            if changes is not None:
                deliver(changes)
        else:
            self._progressed((self._created[answer.watch_id],), answer.header.revision)

    def _begin(self, answer: Any) -> None:
        """A watch was made; they are made in the order in which we asked."""
        place = self._places[len(self._created)]
        self._created[answer.watch_id] = place
        if answer.header.revision < (place.revision or 0):
            self._look_back(place)
        if len(self._created) == len(self._places):
            self.begun = True
            self._calls.answered()
            self._ordered = _progress_is_ordered(self._calls)
            self._on_begin()

    def _progressed(self, places: Sequence[Place], revision: int) -> None:
        for place in places:
            place.progressed(revision)

    def _look_back(self, place: Place) -> None:
        """Forget a place of a history that is no more; a member may merely lag behind ours."""
        request = RangeRequest(key=to_bytes(place.prefix), keys_only=True, limit=1)
        now = self._calls.read(RANGE, request, "read the revision").header.revision
        if now < (place.revision or 0):
            log.warning(
                "etcd's history went back from revision %s to %s (restored, or emptied?);"
                " listing %r again",
                place.revision,
                now,
                place.prefix,
            )
            place.forget()
            raise Compacted("etcd's history went back")

    def _cancelled(self, answer: Any) -> NoReturn:
        """etcd ended a watch, or did not make it: say why."""
        place = self._created.get(answer.watch_id)
        if place is None and len(self._created) < len(self._places):
            place = self._places[len(self._created)]
        if answer.compact_revision:
            for lost in [place] if place else self._places:
                lost.forget()
            raise Compacted(f"etcd has compacted up to revision {answer.compact_revision}")
        raise self._refusal(answer.cancel_reason, place.prefix if place else "")

    def _refusal(self, reason: str, prefix: str) -> StoreError:
        """The error for etcd's reason. Old members say "permission denied" of an old token, too."""
        self._calls.forget(self._stream.metadata)
        known = from_text(reason, f"watch {prefix!r}")
        if known is not None:
            return known
        kind = StoreRefused if reason else StoreLost
        return kind(f"etcd ended the watch of {prefix!r}: {reason or 'without a reason'}")


def _progress_is_ordered(calls: EtcdCalls) -> bool:
    """Whether an answer about progress comes after all events before it.

    Since 3.4.25 and 3.5.8; older members may let it overtake events, and losing those by
    continuing behind them is worse than listing again after a compaction.
    """
    try:
        version = calls.read(STATUS, STATUS.request(), "say its version").version
    except (StoreRefused, StoreLost):
        return False
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    numbers = tuple(int(part) for part in found.groups()) if found else (0, 0, 0)
    return numbers >= (3, 5, 8) or (3, 4, 25) <= numbers < (3, 5, 0)
