"""What the watch shows of the registered workers: which are there, and what each is."""

from __future__ import annotations

import logging
from collections.abc import Callable

from common.errors import InvalidField
from common.protocol import extract_worker_ip
from common.store import Changes, Entry, Snapshot
from worker.members import Member, read_member
from worker.news import WorkersSeen

log = logging.getLogger(__name__)


class MemberNews:
    """Belongs to the watch's thread. What is malformed of a registration is said and counted."""

    def __init__(self, tell: Callable[[WorkersSeen], None]) -> None:
        self._tell = tell
        self._members: dict[str, Member] = {}
        self._unclear: dict[str, str] = {}
        self.malformed = 0

    def hear(self, news: Snapshot | Changes) -> None:
        """Tell all that are there, where that is news."""
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
            self._complain(member)
            self._members[name] = member

    def _complain(self, member: Member) -> None:
        """Say once what is wrong with a worker's labels."""
        if member.unclear == self._unclear.pop(member.name, ""):
            pass
        elif member.unclear:
            self.malformed += 1
            log.warning(
                "the labels of %s are malformed (%s); it gets no job that has a where",
                member.name, member.unclear,
            )  # fmt: skip
        if member.unclear:
            self._unclear[member.name] = member.unclear
