"""A kill with an answer: what was hit, and whether it is dead by now."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from common import keys
from common.clock import Clock
from common.errors import LogStoreError, StoreError
from common.job import check_name, found_name
from common.lock import is_foreign
from common.log_store import LogStore
from common.owed import ENDED, RUNNING, Owed
from common.store import Changes, Entry, Put, Snapshot, Store, Watch
from common.trigger import Trigger
from master.change_log import Asker
from master.kills import known, put_kill, told_kill
from master.refusals import NoSuchJob, NoSuchRun, OutcomeUnknown
from master.run_marks import is_dead, owed_of, runs_of, shown, shown_record
from master.withdrawing import asked_for, withdraw

log = logging.getLogger(__name__)

OVER = "over"
REMIND_SECONDS = 2.0
"""So often a kill is put again for what still lives, where another's has taken its key."""


class Killing:
    """One kill of a job's runs, or of the one with `run_id`. Belongs to its request's thread.

    What was asked to run now and is not taken up yet is taken back. `by` is who asks,
    `peer` from which address.

    A job's key holds one kill at a time: a worker that hears nothing for a moment would miss the
    first of two. Put again it names single runs, so that it never hits later ones.
    """

    def __init__(
        self,
        store: Store,
        logs: LogStore,
        clock: Clock,
        name: str,
        run_id: str = "",
        by: str = "",
        peer: str = "",
    ) -> None:
        self._store = store
        self._logs = logs
        self._clock = clock
        self._name = found_name(name)
        self._run_id = run_id
        self._by = by
        self._peer = peer
        self._looked = self._revision = self._marker = 0
        self._last: dict[str, Owed] = {}
        self._gone: set[str] = set()
        self._elsewhere = ""

    def begin(self) -> None:
        """Put the kill, and find what it means.

        NoSuchJob, NoSuchRun and the store's errors: nothing was put. OutcomeUnknown.
        """
        snapshot = self._store.snapshot(runs_of(self._name))
        before, self._looked = self._read(snapshot.entries), snapshot.revision
        meant = {run: owed for run, (owed, _) in before.items() if self._means(run, owed)}
        asked = asked_for(self._store, self._name)
        mine = [each for each in sorted(asked) if self._run_id in ("", each)]
        if not meant and not mine:
            self._refuse_nothing()
        self._last = meant
        for run_id in mine:
            # What a worker takes up meanwhile has its key before the kill is put.
            if owed := self._withdraw(run_id, *asked[run_id]):
                self._last[run_id] = owed
        self._look_elsewhere()
        self._revision = put_kill(self._store, self._name, self._run_id, self._by, self._told())
        self._marker = self._revision
        self._see(self._store.snapshot(runs_of(self._name)).entries)
        self._look_elsewhere()
        log.info("job=%s kill asked for: %s", self._name, ", ".join(self._last) or "nothing runs")

    def wait(self, seconds: float) -> None:
        """Return when nothing of it lives any more, or after so long.

        OutcomeUnknown when the store goes silent meanwhile.
        """
        if not self._lives() or seconds <= 0:
            return
        watch = self._store.watch((runs_of(self._name), keys.lock(self._name)))
        try:
            self._watch(watch, self._clock.boot() + seconds)
        except StoreError as error:
            text = f"the kill was asked for, and it is not known what came of it ({error})"
            raise OutcomeUnknown(text) from error
        finally:
            watch.cancel()

    def _watch(self, watch: Watch, until: float) -> None:
        remind = self._clock.boot() + REMIND_SECONDS
        while self._lives() and (now := self._clock.boot()) < until:
            if now >= remind:
                remind = now + REMIND_SECONDS
                self._remind()
            news = watch.next(max(0.001, min(until, remind) - now))
            if news is not None and news.prefix == keys.lock(self._name):
                self._look_elsewhere()
            elif isinstance(news, Snapshot):
                self._see(news.entries)
            elif isinstance(news, Changes):
                self._follow(news)

    def answer(self) -> dict[str, Any]:
        """What was hit, as far as it is known now; `dead` when nothing of it is left.

        `elsewhere` is "running" while a Go worker holds the job's lock, which heard of the kill
        too, "over" when it has let go of that, and "" where none held it.
        """
        runs = [self._shown(run, owed) for run, owed in sorted(self._last.items())]
        dead = all(run["dead"] for run in runs) and self._elsewhere != RUNNING
        return {"name": self._name, "runs": runs, "elsewhere": self._elsewhere, "dead": dead}

    def _look_elsewhere(self) -> None:
        """A Go worker's run has no key; while it lasts it holds the job's lock."""
        if is_foreign(self._name, self._store.get(keys.lock(self._name))):
            self._elsewhere = RUNNING
        elif self._elsewhere:
            self._elsewhere = OVER

    def _lives(self) -> bool:
        return bool(self._living()) or self._elsewhere == RUNNING

    def _withdraw(self, run_id: str, entry: Entry, trigger: Trigger) -> Owed | None:
        return withdraw(self._store, self._name, run_id, entry, trigger, self._by)

    def _refuse_nothing(self) -> None:
        if not known(self._store, self._name):
            check_name(self._name)
            raise NoSuchJob(self._name)
        if self._run_id:
            raise NoSuchRun(self._what_became())

    def _what_became(self) -> str:
        entry = self._store.get(keys.run(self._name, self._run_id))
        found = owed_of(self._name, entry) if entry else None
        record = None if found else self._logs.one(self._run_id)
        if found:
            return f"{self._run_id[:140]} is over: {shown(*found)['text']}"
        if record and record.job_name == self._name:
            return f"{self._run_id[:140]} is over: {shown_record(record)['text']}"
        return f"no run {self._run_id[:140]!r} of the job {self._name[:140]!r} is known"

    def _means(self, run_id: str, owed: Owed) -> bool:
        return self._run_id in ("", run_id) and owed.state != ENDED

    def _read(self, entries: Iterable[Entry]) -> dict[str, tuple[Owed, int]]:
        """What is owed by run id, with the revision at which it came to be."""
        found = ((owed_of(self._name, entry), entry.created) for entry in entries)
        return {each[0]: (each[1], created) for each, created in found if each}

    def _see(self, entries: Iterable[Entry]) -> None:
        """These are there and no others; those that came before the kill are meant as well.

        Of these one may have ended by it already.
        """
        there = self._read(entries)
        for run_id, (owed, created) in there.items():
            new = self._looked < created < self._revision and self._run_id in ("", run_id)
            if new or run_id in self._last:
                self._last[run_id] = owed
        self._gone = self._last.keys() - there.keys()

    def _follow(self, news: Changes) -> None:
        for change in news.changes:
            run_id = change.key.removeprefix(runs_of(self._name))
            if run_id not in self._last:
                continue
            found = owed_of(self._name, change.entry) if change.entry else None
            if found:
                self._last[run_id] = found[1]
            elif change.entry is None:
                self._gone.add(run_id)

    def _living(self) -> list[str]:
        ended = (run for run, owed in self._last.items() if owed.state == ENDED)
        return sorted(self._last.keys() - self._gone - set(ended))

    def _told(self) -> Put:
        asked = Asker(self._by, self._clock.wall_ms(), self._peer)
        elsewhere = self._elsewhere == RUNNING
        return told_kill(asked, self._name, self._last, elsewhere, self._run_id)

    def _remind(self) -> None:
        """Another kill may have taken the key before a worker that was away has read ours."""
        entry = self._store.get(keys.killer(self._name))
        living = self._living()
        if living and (entry is None or entry.revision != self._marker):
            at = self._marker % len(living)
            self._marker = put_kill(self._store, self._name, living[at], self._by)

    def _shown(self, run_id: str, owed: Owed) -> dict[str, Any]:
        if run_id not in self._gone or owed.state == ENDED:
            return shown(run_id, owed)
        try:
            record = self._logs.one(run_id)
        except LogStoreError as error:
            log.warning("run=%s is over, and its record cannot be read: %s", run_id, error)
            record = None
        if record:
            return shown_record(record)
        over = {"state": ENDED, "text": "is over", "dead": is_dead(ENDED, "")}
        return shown(run_id, owed) | over
