"""The watch thread: follows jobs and kills, and tells the scheduler what changed.

It owns which revision of each job was told; malformed values are said once, counted, and skipped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from common import keys
from common.clock_news import ClockNews
from common.constants import (
    CLOCK_DIR,
    JOB_KILLER_DIR,
    JOB_SAVE_DIR,
    JOB_TRIGGER_DIR,
    JOB_WORKER_DIR,
    WORKER_ALIVE_DIR,
    WORKER_DRAIN_DIR,
)
from common.errors import InvalidField, StoreClosed
from common.killer import unpack_kill
from common.protocol import extract_job_name, extract_killer_name
from common.store import Change, Entry, Snapshot, Store, Watch
from worker.collector import Collector
from worker.draining import Draining
from worker.lives import Lives
from worker.look_news import LookNews
from worker.member_news import MemberNews
from worker.mixed import Mixed
from worker.news import JobGone, JobSaved, JobsSaved, KillAsked, TriggersSeen, WorkersSeen
from worker.planned import JobReader, Planned
from worker.trigger_news import TriggerNews

log = logging.getLogger(__name__)

PREFIXES = (
    WORKER_DRAIN_DIR,
    JOB_WORKER_DIR,
    JOB_KILLER_DIR,
    JOB_TRIGGER_DIR,
    CLOCK_DIR,
    WORKER_ALIVE_DIR,
    JOB_SAVE_DIR,
)
"""What all follow. Jobs are listed last: they may be many, and are claimed as they are read;
whose clock is wrong knows it by then."""
LONGEST_SECONDS = 3600.0
"""Nothing is to be done while there are no news; a watch waits with an end."""
SLICE = 5_000
"""So many jobs of a snapshot are told at once; what is due meanwhile waits no longer."""


def follow(store: Store, worker: str) -> Watch:
    """The watch that the `Watcher` of a worker of this name reads."""
    return store.watch((keys.looks(worker), *PREFIXES), in_parts=JOB_SAVE_DIR)


class Watcher:
    """The body of the watch thread."""

    name = "watch"

    def __init__(
        self,
        watch: Watch,
        fleet_zone: str,
        tell: Callable[
            [JobSaved | JobsSaved | JobGone | KillAsked | TriggersSeen | WorkersSeen], None
        ],
        clocks: ClockNews,
        lives: Lives,
        mixed: Mixed,
        draining: Draining,
        looks: LookNews,
    ) -> None:
        self._watch = watch
        self._reader = JobReader(fleet_zone)
        self._tell = tell
        self._clocks = clocks
        self._lives = lives
        self._mixed = mixed
        self._draining = draining
        self._looks = looks
        self._triggers = TriggerNews(tell)
        self._told: dict[str, int] = {}
        self._unseen: set[str] = set()
        self._listed_once = False
        self._collector = Collector()
        self._workers = MemberNews(tell)
        self._malformed = 0

    @property
    def malformed(self) -> int:
        """How many jobs and registrations were not what one of ours, or a Go one, writes."""
        return self._malformed + self._workers.malformed

    def step(self) -> None:
        """Hear the next of it."""
        try:
            news = self._watch.next(1.0 if self._collector.rests else LONGEST_SECONDS)
        except StoreClosed:
            return
        if news is None:
            self._collector.resume()
            return
        self._clocks.hear(news)
        self._lives.hear(news)
        self._draining.hear(news)
        self._mixed.hear(news)
        self._looks.hear(news)
        if news.prefix == JOB_TRIGGER_DIR:
            self._triggers.hear(news)
        others = (CLOCK_DIR, WORKER_ALIVE_DIR, WORKER_DRAIN_DIR, JOB_TRIGGER_DIR)
        if news.prefix in (*others, self._looks.prefix):
            return
        if news.prefix == JOB_WORKER_DIR:
            self._workers.hear(news)
        elif isinstance(news, Snapshot):
            self._listed(news)
        else:
            for change in news.changes:
                self._changed(change)

    def wake(self) -> None:
        """End the watch."""
        self._watch.cancel()

    def close(self) -> None:
        """End the watch."""
        self._watch.cancel()

    def _listed(self, part: Snapshot) -> None:
        """A snapshot is the truth: what it has anew is a save, what it lacks is gone."""
        if part.prefix == JOB_KILLER_DIR:
            for entry in part.entries:
                self._kill(entry)
            return
        if part.begins:
            self._unseen = set(self._told)
        if part.more:
            self._collector.rest()
        for start in range(0, max(1, len(part.entries)), SLICE):
            rest = part.more or start + SLICE < len(part.entries)
            self._compare(part.entries[start : start + SLICE], rest)
        if not part.more:
            gone, self._unseen = sorted(self._unseen), set()
            for name in gone:
                self._deleted(name, part.revision)
            self._collector.resume()

    def _compare(self, entries: Sequence[Entry], more: bool) -> None:
        """Tell what is new of these, all at once; `more` follow, or all are known now."""
        if self._unseen:
            self._unseen.difference_update(extract_job_name(entry.key) for entry in entries)
        read = (
            self._read(entry)
            for entry in entries
            if self._told.get(extract_job_name(entry.key)) != entry.revision
        )
        saved = tuple(job for job in read if job)
        if saved or not (more or self._listed_once):
            self._tell(JobsSaved(saved, more))
        self._listed_once = self._listed_once or not more

    def _changed(self, change: Change) -> None:
        if change.key.startswith(JOB_KILLER_DIR):
            if change.entry:
                self._kill(change.entry)
        elif change.entry:
            self._saved(change.entry)
        else:
            self._deleted(extract_job_name(change.key), change.revision)

    def _saved(self, entry: Entry) -> None:
        job = self._read(entry)
        if job:
            self._tell(JobSaved(job))

    def _read(self, entry: Entry) -> Planned | None:
        """The job of an entry; None, and told as such, for one that cannot run."""
        name = extract_job_name(entry.key)
        try:
            job = self._reader.read(name, entry.value, entry.revision, entry.created)
        except InvalidField as error:
            self._told[name] = entry.revision
            self._malformed += 1
            log.warning("job=%s cannot run: %s", name, error)
            self._tell(JobGone(name, entry.revision, deleted=False))
            return None
        # The job's own objects, for there may be many jobs.
        self._told[job.name] = job.revision
        log.debug("job=%s saved at %d", name, entry.revision)
        return job

    def _deleted(self, name: str, revision: int) -> None:
        self._told.pop(name, None)
        log.debug("job=%s deleted at %d", name, revision)
        self._tell(JobGone(name, revision))

    def _kill(self, entry: Entry) -> None:
        name = extract_killer_name(entry.key)
        run_id, by = unpack_kill(entry.value)
        log.debug("job=%s kill asked at %d", name, entry.revision)
        self._tell(KillAsked(name, entry.revision, run_id, by))
