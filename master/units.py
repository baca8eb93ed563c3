"""The units of a job: how a save or deletion moves their watermarks.

A job on any host is one unit, one on several has one for each share. The watermarks of few shares
move in the edit's own transaction. Of many, the others follow in transactions of their own; a
worker that sees the edit first does the same for what is its.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from common import keys
from common.constants import JOB_FIRED_DIR, JOB_SAVE_DIR
from common.job import Job
from common.moving import Before, moving
from common.store import Compare, Entry, Put, RevisionIs, Store, Transaction
from common.watermark import watermark_of
from master.rest import Rest

AT_ONCE = 30
"""So many shares move in one transaction."""

Shares = Mapping[str, Entry]
"""The watermarks of a job's shares that there are."""
Moving = Sequence[tuple[str, Entry | None]]
"""Shares that are to move, with their watermarks as they were read."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What moves watermarks: it holds as long as these have not changed since."""

    compares: tuple[Compare, ...] = ()
    puts: tuple[Put, ...] = ()


@dataclass(frozen=True, slots=True)
class Edited:
    """An edit as a job's units see it: what the job was, what it is (None: deleted), and when.

    `owing` is what was due of it before. Units that the job has no more rest, and what they owed
    is missed for this `reason`. `beginners` are the workers of which shares begin with it.
    """

    name: str
    was: Job | None
    job: Job | None
    owing: Before | None
    now_ms: int
    reason: str
    rest: Rest
    beginners: tuple[str, ...] = ()

    def move(self, share: str, entry: Entry | None, fired_ms: int | None) -> tuple[Put, ...]:
        """What moves a unit's watermark; one that is new, or rested, owes nothing."""
        stays = self.job is not None and has_share(self.job, share)
        rested = entry is None or entry.lease or self.was is None
        before = None if rested or not has_share(self.was, share) else self.owing
        lease = 0 if stays else self.rest.lease
        return moving(self.name, fired_ms, self.now_ms, before, self.reason, lease, share)

    def own(self, entry: Entry | None, fired_ms: int | None) -> tuple[Put, ...]:
        """What moves the job's own watermark; a job on several hosts has none while it is there.

        A deletion always leaves one, by which it is known that it was made.
        """
        needs = self.job is None or has_share(self.job, "")
        return self.move("", entry, fired_ms) if needs or entry else ()

    def concerned(self, found: Shares) -> Moving:
        """The shares that are to move: numbered ones that are new begin with the edit.

        So do those of workers that are there: they hear of it later, and began with that.
        """
        moving = [(share, entry) for share, entry in found.items() if not entry.lease]
        there = {share for share, _ in moving}
        hosts = self.job.hosts if self.job else "any"
        begin = map(str, range(hosts)) if isinstance(hosts, int) else self.beginners
        new = [share for share in begin if share not in there]
        return [*moving, *((share, found.get(share)) for share in new)]

    def moves(self, shares: Moving) -> Moves:
        """What moves the watermarks of these shares."""
        compares: list[Compare] = []
        puts: list[Put] = []
        for share, entry in shares:
            key = keys.fired(keys.unit(self.name, share))
            compares.append(RevisionIs(key, entry.revision if entry else 0))
            puts += self.move(share, entry, watermark_of(entry))
        return Moves(tuple(compares), tuple(puts))

    def following(self, revision: int, shares: Moving) -> Iterator[Transaction]:
        """What moves those that did not move with the edit, which made the job this revision."""
        for start in range(0, len(shares), AT_ONCE):
            moves = self.moves(shares[start : start + AT_ONCE])
            unchanged = RevisionIs(keys.job(self.name), revision)
            yield Transaction((unchanged, *moves.compares), moves.puts)


def has_share(job: Job | None, share: str) -> bool:
    """Whether a job has a share called so; "" is that of a job on any host."""
    if job is None:
        return False
    if isinstance(job.hosts, int):
        return share.isdecimal() and share.isascii() and int(share) < job.hosts
    return bool(share) != (job.hosts == "any") and not share.isdecimal()


def has_shares(*jobs: Job | None) -> bool:
    """Whether one of these has shares that a master should look for.

    Also one that comes to all hosts may: of a worker that was away while it was changed by hand.
    """
    return any(job is not None and job.hosts != "any" for job in jobs)


def shares_of(store: Store, name: str) -> Shares:
    """The watermarks of a job's shares, also of those that rest, in the order of their keys."""
    prefix = keys.fired(name) + "#"
    found = store.snapshot(prefix).entries
    if not found:
        return {}
    # A job of the Go system may be called as a share of another is.
    jobs = {e.key.removeprefix(JOB_SAVE_DIR) for e in store.snapshot(keys.job(name) + "#").entries}
    return {
        each.key.removeprefix(prefix): each
        for each in found
        if each.key.removeprefix(JOB_FIRED_DIR) not in jobs
    }
