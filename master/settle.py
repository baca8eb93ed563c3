"""Committing a change of one job: again after a lost race, and looked for when no answer came."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from common.errors import FleetcronError, StoreError, StoreLost
from common.store import Store, Transaction
from master.refusals import Contended, OutcomeUnknown
from master.standing import Standing, read_standing
from master.units import Edited, shares_of

log = logging.getLogger(__name__)

ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one job: what to commit, the job before it, and how to see that it was done.

    `edited` where not all watermarks of its shares move in that transaction.
    """

    transaction: Transaction
    before: Mapping[str, Any] | None
    shows: Callable[[Standing], bool]
    edited: Edited | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save did: the job that was there `before` it, or None, and whether it `changed`.

    A job that is what it is to become is not written again: that is no revision of it.
    """

    before: Mapping[str, Any] | None
    changed: bool


Plan = Callable[[Standing], Edit | None]
"""Makes the edit out of what is there, or None when there is nothing to do."""


def settle(store: Store, name: str, plan: Plan) -> Edit | None:
    """Commit what `plan` makes of a fresh read; the edit that was done, or None.

    Every attempt compares all that it read. After an unknown outcome the edit is looked for; where
    it does not show, the same compares are made again, so that only one of the two can win.
    Contended, InvalidField and the store's errors mean that nothing was changed; OutcomeUnknown.
    """
    unsure: Edit | None = None
    try:
        for _ in range(ATTEMPTS):
            standing = read_standing(store, name)
            if unsure and unsure.shows(standing):
                return unsure
            edit = plan(standing)
            if edit is None:
                return None
            try:
                if store.commit(edit.transaction).won:
                    return edit
            except StoreLost as error:
                log.warning("job=%s: no answer (%s); looking what came of it", name, error)
                unsure = edit
    except FleetcronError as error:
        if unsure is None:
            raise
        raise OutcomeUnknown(_unknown(name, error)) from error
    if unsure:
        raise OutcomeUnknown(_unknown(name, "others keep changing the job"))
    raise Contended(f"others keep changing the job {name[:140]!r}; nothing was changed")


def follow(store: Store, edit: Edit, edited: Edited) -> None:
    """Move the watermarks of many shares that the edit itself did not; a later edit ends this.

    What the store does not take now, workers do for the shares that are theirs.
    """
    try:
        for _ in range(ATTEMPTS):
            standing = read_standing(store, edited.name)
            if not edit.shows(standing):
                return
            revision = standing.entry.revision if standing.entry else 0
            late = [
                (share, entry)
                for share, entry in edited.concerned(shares_of(store, edited.name))
                if entry is None or not revision or entry.revision < revision
            ]
            if not late:
                return
            for transaction in edited.following(revision, late):
                store.commit(transaction)
    except StoreError as error:
        log.warning("job=%s: some of its shares are left to workers (%s)", edited.name, error)


def _unknown(name: str, why: object) -> str:
    return f"it is not known whether the job {name[:140]!r} was changed ({why}); look at it again"
