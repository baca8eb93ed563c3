"""The rules of the protocol that can be switched off, so that the witnesses prove their worth."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Rule(Enum):
    """A rule by its number in the protocol, and what is done instead when it is off."""

    BASELINE = "1", "a job made anew sets the watermark to now, even if that lowers it"
    SAVE_ACCOUNTS = "1", "a save, pause or deletion passes over instants that are still owed"
    SAVE_FIRED = "1", "a save does not compare the watermark"
    SAVE_MOVES = "1", "a save may leave the watermark as it was"
    ADOPT = "1", "a change made by hand leaves the watermark as it was"
    ADOPT_KNOWN = "1", "a change by hand accounts for the version seen last, adopted or not"
    EQUAL = "2", "the claim compares `fired < T` instead of `fired == F`"
    ALIVE = "2", "the claim does not compare that its incarnation lives"
    JOB_COMPARE = "2", "the claim does not compare the job's revision"
    LOCK_COMPARE = "2, 7", "claim, retry and trigger do not compare the lock"
    GAP = "2", "the gap is not recorded"
    RESEND = "3", "an unknown outcome is decided by a read"
    SEARCH = "3", "nobody looks for keys of one's own that one does not know"
    RESEND_AND_SEARCH = "3", "an unknown outcome is decided by a read, and nobody looks for keys"
    SEARCH_STATE = "3", "an unknown key of one's own is ended as not_started whatever its state"
    SEARCH_ENDED = "3", "an unknown key of one's own that is ended is left alone"
    WATCH_OWN = "3", "a waiting run looks at the lock alone, not at its own key"
    START_CHECK = "4", "nobody looks at the lease's deadline before the spawn"
    JOB_CHECK = "4", "nobody looks before the spawn whether the job is deleted or paused"
    LOCK_OWN = "5", "the finish deletes the lock whoever holds it"
    FINISH_COMPARE = "5", "the finish does not compare that the run's key is as it was left"
    FINISH_ALIVE = "5", "the finish does not look whether its incarnation still lives"
    ACKNOWLEDGE = "5", "the run's key is deleted before the log store acknowledged the record"
    FALLBACK = "5", "of too many keys those go, too, whose ends are not on disk"
    SKIP_KEY = "6", "a skip moves the watermark without a run's key"
    GIVE_WAY = "6", "an instant does not look whether a run waits before it"
    KEEP = "6", "beside a Go worker a run lets go of its lock at once"
    KEPT_FREE = "6", "a lock that is only kept counts as held"
    KEPT_COMPARE = "6", "a kept lock is taken over without a look whether it is kept still"
    KEPT_OWN = "6", "a lock that was kept is removed whoever holds it by now"
    KEPT_RESUMED = "6", "who goes on as an incarnation leaves the locks that it kept"
    KEPT_LATE = "6", "who finds its run ended before leaves the lock that a late end keeps"
    DELAY = "7", "a retry waits until an instant of the wall clock that made it"
    RETRY_KEY = "7", "a retry lives in memory"
    TRIGGER_STAYS = "7", "the trigger's key has a lease"
    WITHDRAW_COMPARE = "7", "who takes a trigger back does not compare that it is there still"
    WITHDRAW_KEY = "7", "a trigger that is taken back leaves no run's key"
    ALIVE_JUDGES = "8", "lost is judged by the 10 s registration"
    INHERIT_COMPARE = "8", "the take-over does not compare that the run's key is unchanged"
    INHERIT_WAITING = "8", "a dead worker's waiting run is called lost"
    INHERIT_ENDED = "8", "a dead worker's ended run is left alone"
    MARK = "8", "the mark `lost` is not kept apart from the rest of the record"
    INTENT = "9", "the journal is written only after the spawn"
    RENEW_FIRST = "9", "the successor goes on as the old incarnation without renewing its lease"
    HAND_OVER_COMPARE = "8", "who hands over what waits does not compare that it waits still"
    HAND_OVER_ALIVE = "8", "what waits is handed over to a worker that may be dead"
    RERUN = "8", "a run that is called lost is not run again though its job asks for it"
    RERUN_UNKNOWN = "8", "nor is a run of which its own worker cannot say how it ended"
    KILL_FENCE = "10", "a kill hits whatever runs"
    KILL_RERUN = "10", "a run that was lost is run again though it was to be killed"
    FENCE_RUNNING = "fence", "the fence is the revision that created the run's key"
    CLOCK = "12", "no worker compares its clock with others"
    MASTER_CLOCK = "12", "no master compares its clock with others"
    ONCE = "13", "a job's keys may be written twice in one batch"
    SPLIT = "13", "what a batch that is refused as a whole held is dropped"

    @property
    def number(self) -> str:
        """The rule's number in the protocol."""
        return self.value[0]

    @property
    def instead(self) -> str:
        """What is done when the rule is off."""
        return self.value[1]


class Rules:
    """Which rules hold in a world."""

    def __init__(self, off: Iterable[Rule] = ()) -> None:
        self.off = frozenset(off)
        if Rule.RESEND_AND_SEARCH in self.off:
            self.off |= {Rule.RESEND, Rule.SEARCH}

    def on(self, rule: Rule) -> bool:
        """Whether the rule holds."""
        return rule not in self.off


def named(name: str) -> Rule:
    """The rule of this name, upper or lower case; ValueError names those that there are."""
    try:
        return Rule[name.strip().upper()]
    except KeyError:
        known = ", ".join(rule.name.lower() for rule in Rule)
        raise ValueError(f"no rule {name!r}; there are {known}") from None
