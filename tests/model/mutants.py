"""In which worlds it is noticed soonest that a rule is switched off."""

from __future__ import annotations

from tests.model.provocation import Provocation
from tests.model.provocations import ByHand, Disputes, LateEdits, Outages, WrongClocks
from tests.model.provocations_go import BesideGo, CrashedBesideGo, CrashedKeepers, LateKeepers
from tests.model.provocations_lease import (
    CalmLateTurns,
    CrashedSpawns,
    FrozenSpawns,
    LastClaims,
    LastMoments,
    LateTurns,
    LeaseEdges,
    ShortFreezes,
)
from tests.model.provocations_waiting import LateHandOvers, LateKills, WrongRetries
from tests.model.rules import Rule
from tests.model.runner import Findings, explore

PROVOKED: dict[Rule, type[Provocation]] = {
    Rule.SAVE_MOVES: LateEdits,
    Rule.ADOPT: ByHand,
    Rule.ADOPT_KNOWN: ByHand,
    Rule.EQUAL: ShortFreezes,
    Rule.ALIVE: LastClaims,
    Rule.SEARCH: FrozenSpawns,
    Rule.RESEND_AND_SEARCH: WrongClocks,
    Rule.WATCH_OWN: CalmLateTurns,
    Rule.START_CHECK: FrozenSpawns,
    Rule.LOCK_OWN: LeaseEdges,
    Rule.FINISH_ALIVE: LeaseEdges,
    Rule.FALLBACK: Outages,
    Rule.DELAY: WrongRetries,
    Rule.HAND_OVER_COMPARE: LateHandOvers,
    Rule.HAND_OVER_ALIVE: LateHandOvers,
    Rule.RERUN: LeaseEdges,
    Rule.RERUN_UNKNOWN: CrashedSpawns,
    Rule.KEEP: BesideGo,
    Rule.KEPT_FREE: CrashedBesideGo,
    Rule.KEPT_COMPARE: CrashedBesideGo,
    Rule.KEPT_OWN: CrashedBesideGo,
    Rule.KEPT_LATE: LateKeepers,
    Rule.KEPT_RESUMED: CrashedKeepers,
    Rule.WITHDRAW_COMPARE: LateKills,
    Rule.WITHDRAW_KEY: LateKills,
    Rule.GIVE_WAY: LateHandOvers,
    Rule.INHERIT_COMPARE: Disputes,
    Rule.MARK: FrozenSpawns,
    Rule.INTENT: CrashedSpawns,
    Rule.RENEW_FIRST: LastMoments,
    Rule.CLOCK: WrongClocks,
    Rule.MASTER_CLOCK: WrongClocks,
    Rule.SPLIT: LateTurns,
}
"""Rules that are not here are noticed in worlds that are left to chance."""

UNNOTICED = frozenset({Rule.RESEND})
"""What is not sent again is found by the search, so that a run is not started, and no worse."""


def attempt(rule: Rule, worlds: int) -> Findings:
    """Run at most so many worlds without the rule, until it is noticed."""
    provocation = PROVOKED.get(rule, Provocation)
    return explore(range(worlds), [rule], provocation, until_noticed=True)
