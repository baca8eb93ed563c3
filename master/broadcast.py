"""One run that somebody looks at: what it prints and how it stands, read once for all viewers."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from common import keys
from common.clock import Clock
from common.errors import FleetcronError, InvalidField, LogStoreError, StoreClosed
from common.live_output import LivePart, unpack
from common.owed import ENDED, RUNNING
from common.store import Changes, Entry, Snapshot, Store, Watch
from master.looker import Looker
from master.refusals import NoSuchRun
from master.run_marks import ASKED
from master.run_states import RunStates

log = logging.getLogger(__name__)

KEPT_BYTES = 262144
"""So much output waits for viewers that are behind."""
RECORD_SECONDS, AWAY_SECONDS, ASK_SECONDS = 0.25, 2.0, 5.0
"""So often the record of a run that is over is looked for, where the log store is away, and how it
stands with one that is not over."""
SILENT_SECONDS, AFTERWARDS = 5.0, "; its output is shown when it is over"
"""A worker that has not answered by then shows nothing before the end."""
END_SECONDS = 10.0

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Glance:
    """What a viewer sees: the parts that it has not seen, and how it stands with the run.

    `record` is in the state once the run is over; a broadcast that `broke` tells nothing more.
    """

    version: int
    parts: list[LivePart]
    state: State
    broke: bool


class Broadcast:
    """Follows the run on a thread of its own from `start` until `stop`, or until it is over.

    Viewers wait for its news from threads of theirs.
    """

    def __init__(
        self, store: Store, states: RunStates, clock: Clock, looker: Looker, name: str, run_id: str
    ) -> None:
        self._store, self._states, self._clock, self._looker = store, states, clock, looker
        self._name, self._run_id = name, run_id
        self._news = threading.Condition()
        self._version = 0
        self._parts: deque[LivePart] = deque()
        self._state: State = {}
        self._looked_at: float | None = None
        self._heard = self._silent = self._stopped = self._away = self.broke = False
        self._watch: Watch | None = None
        self._thread = threading.Thread(target=self._work, name=f"live {run_id}", daemon=True)
        self.viewers = 0
        """Kept by whoever hands it out."""

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Nobody looks any more; returns when the store knows, or after a while."""
        with self._news:
            self._stopped = True
            if self._watch is not None:
                self._watch.cancel()
        if self._thread.ident is not None:
            self._thread.join(END_SECONDS)

    def wake(self) -> None:
        """Let all viewers look up; from any thread."""
        self._change(lambda: None)

    def glance(self, at: int, version: int, timeout: float) -> Glance:
        """What there is beyond byte `at`; waits so long for more than was known as of `version`."""
        with self._news:
            self._news.wait_for(lambda: self._version != version, timeout)
            parts = [part for part in self._parts if part.end > at]
            return Glance(self._version, parts, self._shown(), self.broke)

    def _shown(self) -> State:
        """The state, and whether the worker shows anything."""
        if not self._state:
            return {}
        silent = self._silent and not self._heard and self._state["state"] == RUNNING
        text = self._state["text"] + (AFTERWARDS if silent else "")
        return {**self._state, "text": text, "live": self._heard}

    def _work(self) -> None:
        try:
            self._follow()
        except StoreClosed:
            pass
        except FleetcronError as error:
            log.warning("run=%s is shown no more for now: %s", self._run_id, error)
        except Exception:
            log.exception("run=%s: the thread that shows it died", self._run_id)
        finally:
            self._change(self._break)

    def _break(self) -> None:
        self.broke = not self._state.get("record")

    def _follow(self) -> None:
        prefixes = (keys.outputs(self._run_id), keys.run(self._name, self._run_id))
        watch = self._store.watch(prefixes)
        with self._news:
            self._watch = watch
        try:
            self._read_state()
            while not self._stopped and not self._state["record"]:
                news = watch.next(self._look())
                stale = news is None
                # The last that it printed comes before how it ended: the log store may be slow.
                while news is not None:
                    stale |= news.prefix != prefixes[0]
                    self._hear(news)
                    news = watch.next(0.0)
                if stale:
                    self._read_state()
        finally:
            watch.cancel()
            self._looker.end()

    def _look(self) -> float:
        """Say that somebody looks; how long may be waited for news."""
        state = self._state["state"]
        if state == ENDED:
            return AWAY_SECONDS if self._away else RECORD_SECONDS
        worker = self._state["worker"] if state == RUNNING else ""
        again = self._looker.keep(worker)
        if worker and self._looked_at is None:
            self._looked_at = self._clock.boot()
        return min(again, ASK_SECONDS)

    def _read_state(self) -> None:
        """How it stands now; where the log store is away, that it ended is known all the same."""
        try:
            state = self._states.read(self._name, self._run_id)
            self._away = False
        except LogStoreError as error:
            self._away = True
            state = self._over(f"it is over, and the log store does not say how ({error})")
        except NoSuchRun:
            if self._state.get("state", ASKED) == ASKED:
                raise
            # Where very many records wait, keys go before their records come.
            self._away = True
            state = self._over("it is over, and its record is still to come")
        silent = self._looked_at is not None and not self._heard
        self._silent = silent and self._clock.boot() - (self._looked_at or 0.0) >= SILENT_SECONDS

        def become() -> None:
            self._state = state

        if state != self._state or self._silent:
            self._change(become)

    def _over(self, text: str) -> State:
        """The state of a run that is over, as far as that can be told."""
        return {**self._state, "state": ENDED, "text": text, "record": None}

    def _hear(self, news: Snapshot | Changes) -> None:
        """Take in what it printed; what went from the store stays here."""
        if news.prefix != keys.outputs(self._run_id):
            return
        found: list[Entry | None]
        if isinstance(news, Snapshot):
            found = list(news.entries)
        else:
            found = [change.entry for change in news.changes]
        for entry in found:
            part = self._part(entry) if entry else None
            if part is not None:
                self._take(part)

    def _part(self, entry: Entry) -> LivePart | None:
        try:
            return unpack(self._run_id, entry)
        except InvalidField as error:
            log.warning("run=%s: %s is passed over: %s", self._run_id, entry.key, error)
            return None

    def _take(self, part: LivePart) -> None:
        end = self._parts[-1].end if self._parts else 0

        def add() -> None:
            self._heard = True
            if part.end <= end:
                return
            self._parts.append(part)
            while sum(len(each.output) for each in self._parts) > KEPT_BYTES:
                if len(self._parts) == 1:
                    break
                self._parts.popleft()

        if part.end > end or not self._heard:
            self._change(add)

    def _change(self, do: Callable[[], None]) -> None:
        with self._news:
            do()
            self._version += 1
            self._news.notify_all()
