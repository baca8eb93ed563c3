"""Runs worlds: the whole protocol, or with rules switched off, until somebody notices."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.model.provocation import Provocation
from tests.model.provocations import ALL
from tests.model.rules import Rule, Rules
from tests.model.story import Story
from tests.model.world import World


@dataclass(slots=True)
class Findings:
    """What some worlds showed: each violated promise with the seeds and what it was about."""

    worlds: int = 0
    steps: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    violations: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, seed: int, world: World) -> None:
        """One more world has settled."""
        self.worlds += 1
        self.steps += world.steps
        self.seen.update(world.seen)
        self.seen["starts"] += world.witness.starts.total()
        for violation in world.witness.violations:
            self.violations[violation.promise].append((seed, violation.about))


def provocation_of(seed: int) -> type[Provocation]:
    """The provocation whose turn it is."""
    return ALL[seed // 2 % len(ALL)] if seed % 2 else Provocation


def explore(
    seeds: Iterable[int],
    off: Iterable[Rule] = (),
    provocation: type[Provocation] | None = None,
    story: Story | None = None,
    until_noticed: bool = False,
) -> Findings:
    """Run the worlds of these seeds; with `until_noticed` up to the first violation.

    Without a provocation every other world is left to chance, and the others take turns.
    """
    findings, rules = Findings(), Rules(off)
    for seed in seeds:
        findings.add(seed, World(seed, rules, provocation or provocation_of(seed), story).run())
        if until_noticed and findings.violations:
            break
    return findings
