"""The watch thread: follows jobs and kills, and tells the scheduler what changed.

It owns which revision of each job was told; malformed values are said once, counted, and skipped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from common.clock_news import ClockNews
from common.constants import (
    CLOCK_DIR,
    JOB_EVENT_DELETE,
    JOB_EVENT_KILL,
    JOB_EVENT_SAVE,
    JOB_KILLER_DIR,
    JOB_SAVE_DIR,
    JOB_WORKER_DIR,
    WORKER_ALIVE_DIR,
)
from common.errors import InvalidField, StoreClosed
from common.job import unpack_job
from common.protocol import (
    build_job_event,
    extract_job_name,
    extract_killer_name,
    extract_worker_ip,
)
from common.schedule import parse_schedule
from common.store import Change, Changes, Entry, Snapshot, Watch
from worker.events import JobGone, JobSaved, KillAsked, WorkersSeen
from worker.lives import Lives
from worker.members import Member, read_member

log = logging.getLogger(__name__)

PREFIXES = (JOB_WORKER_DIR, JOB_SAVE_DIR, JOB_KILLER_DIR, CLOCK_DIR, WORKER_ALIVE_DIR)
EVENT_NAMES = {JOB_EVENT_SAVE: "saved", JOB_EVENT_DELETE: "deleted", JOB_EVENT_KILL: "kill asked"}


class Watcher:
    """The body of the watch thread."""

    name = "watch"

    def __init__(
        self,
        watch: Watch,
        fleet_zone: str,
        tell: Callable[[JobSaved | JobGone | KillAsked | WorkersSeen], None],
        clocks: ClockNews,
        lives: Lives,
    ) -> None:
        self._watch = watch
        self._fleet_zone = fleet_zone
        self._tell = tell
        self._clocks = clocks
        self._lives = lives
        self._told: dict[str, int] = {}
        self._members: dict[str, Member] = {}
        self.malformed = 0

    def step(self) -> None:
        """Hear the next of it."""
        try:
            news = self._watch.next(1.0)
        except StoreClosed:
            return
        if news is None:
            return
        self._clocks.hear(news)
        self._lives.hear(news)
        if news.prefix in (CLOCK_DIR, WORKER_ALIVE_DIR):
            return
        if news.prefix == JOB_WORKER_DIR:
            self._registered(news)
        elif isinstance(news, Snapshot):
            self._compare(news)
        else:
            for change in news.changes:
                self._changed(change)

    def wake(self) -> None:
        """End the watch."""
        self._watch.cancel()

    def close(self) -> None:
        """End the watch."""
        self._watch.cancel()

    def _compare(self, snapshot: Snapshot) -> None:
        """A snapshot is the truth: what it has anew is a save, what it lacks is gone."""
        if snapshot.prefix == JOB_KILLER_DIR:
            for entry in snapshot.entries:
                self._kill(entry)
            return
        there = {entry.key for entry in snapshot.entries}
        for key in [key for key in self._told if key not in there]:
            self._deleted(key, snapshot.revision)
        for entry in snapshot.entries:
            if self._told.get(entry.key) != entry.revision:
                self._saved(entry)

    def _registered(self, news: Snapshot | Changes) -> None:
        before = dict(self._members)
        if isinstance(news, Snapshot):
            self._members.clear()
            for entry in news.entries:
                self._member(entry.key, entry)
        else:
            for change in news.changes:
                self._member(change.key, change.entry)
        if self._members != before or isinstance(news, Snapshot):
            self._tell(WorkersSeen(tuple(self._members.values())))

    def _member(self, key: str, entry: Entry | None) -> None:
        name = extract_worker_ip(key)
        self._members.pop(name, None)
        try:
            member = read_member(name, entry.value) if entry else None
        except InvalidField as error:
            self.malformed += 1
            log.warning("the registration of %s is malformed (%s); it gets no jobs", name, error)
            return
        if member:
            self._members[name] = member

    def _changed(self, change: Change) -> None:
        if change.key.startswith(JOB_KILLER_DIR):
            if change.entry:
                self._kill(change.entry)
        elif change.entry:
            self._saved(change.entry)
        else:
            self._deleted(change.key, change.revision)

    def _saved(self, entry: Entry) -> None:
        self._told[entry.key] = entry.revision
        name = extract_job_name(entry.key)
        try:
            job = unpack_job(entry.value)
            if job.name != name:
                raise InvalidField("name", f"{job.name!r} is not what the key says")
            schedule = parse_schedule(job.cron_expr, job.timezone or self._fleet_zone)
        except InvalidField as error:
            self.malformed += 1
            log.warning("job=%s cannot run: %s", name, error)
            self._tell(JobGone(name, entry.revision, deleted=False))
            return
        log.debug("job=%s %s at %d", name, EVENT_NAMES[JOB_EVENT_SAVE], entry.revision)
        event = build_job_event(JOB_EVENT_SAVE, job, entry.revision)
        self._tell(JobSaved(event, schedule, entry.created))

    def _deleted(self, key: str, revision: int) -> None:
        self._told.pop(key, None)
        name = extract_job_name(key)
        log.debug("job=%s %s at %d", name, EVENT_NAMES[JOB_EVENT_DELETE], revision)
        self._tell(JobGone(name, revision))

    def _kill(self, entry: Entry) -> None:
        name = extract_killer_name(entry.key)
        run_id = entry.value.decode("utf-8", "replace").strip()
        log.debug("job=%s %s at %d", name, EVENT_NAMES[JOB_EVENT_KILL], entry.revision)
        self._tell(KillAsked(name, entry.revision, run_id))
