"""Random mode: half a minute of faults, half a minute of health, over and over, then a verdict."""

from __future__ import annotations

import contextlib
import logging
import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from tests.faults.askers import Asker
from tests.faults.check_instants import punctuality
from tests.faults.checker import check
from tests.faults.evidence import Case, Violation
from tests.faults.fleet import Fleet
from tests.faults.meter import Reading, compared, idling, read
from tests.faults.mixture import LABELS, save_mixture, save_plain
from tests.faults.nemeses import NEMESES
from tests.faults.story import story
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.waiting import NeverHappened, pause, until

log = logging.getLogger(__name__)

LEASES: dict[str, Any] = {
    "lost_after_seconds": 10.0,
    "registration_seconds": 5.0,
    "executor_threads": 32,
}
FAULT_SECONDS, HEALTHY_SECONDS = 30.0, 30.0
TABLE_SECONDS = 5.0
IDLE_SECONDS = 10.0
KILLS_LAST_SECONDS = 60.0
PUNCTUAL = 0.999
GATE = ("I1", "I2", "I4", "I5", "I7")
"""What must hold without one violation."""
MOST_LATE = 10
ASKERS = 3
"""So many ask for things at once, each about jobs of their own."""


def run(minutes: float, seed: int) -> int:
    """Hurt a fleet for so long, and log what held; the exit code, 0 when all of it did."""
    log.info("seed %d, %g minutes", seed, minutes)
    choice = random.Random(seed)
    with Fleet(labels=LABELS, **LEASES).closing() as fleet:
        trial = Trial(fleet)
        idle = read(fleet)
        save_plain(trial, choice)
        mixed = save_mixture(trial, choice)
        askers = [Asker(mixed[n::ASKERS], seed + n) for n in range(ASKERS)]
        for asker in askers:
            asker.start()
        pause(HEALTHY_SECONDS / 2)
        end = now_ms() + minutes * 60_000
        broken: list[Violation] = []
        while now_ms() < end:
            hurt(trial, choice)
            broken += tables(trial)
            pause(HEALTHY_SECONDS)
        for asker in askers:
            asker.stop()
            broken += asker.broken
        trial.end()
        trial.pulse.stop()
        trial.usage += idling(fleet, IDLE_SECONDS)
        await_leases(fleet, idle)
        trial.usage += compared(idle, read(fleet))
        case = trial.case()
        broken += check(case, PUNCTUAL)
        tell(case, broken, seed)
        asked = sum((asker.asked for asker in askers), Counter[str]())
        kept = Counter(order.what for order in trial.orders for _ in order.runs)
        log.info("asked for: %s; runs that were accepted or killed: %s", dict(asked), dict(kept))
        if broken:
            log.info("logs are kept in %s", keep(fleet))
    return 1 if broken else 0


def await_leases(fleet: Fleet, idle: Reading) -> None:
    """Wait until the leases of kills are over; a key that was put anew leaves its first behind."""
    with contextlib.suppress(NeverHappened):
        until(lambda: not _leases_left(idle, fleet), KILLS_LAST_SECONDS + TABLE_SECONDS)


def _leases_left(idle: Reading, fleet: Fleet) -> bool:
    found = (usage for usage in compared(idle, read(fleet)) if usage.what == "leases")
    return any(usage.after - usage.before > usage.allowed for usage in found)


def hurt(trial: Trial, choice: random.Random) -> None:
    """One to three faults within some seconds, and the healing of them all."""
    said: list[str] = []
    with trial.fault("at random", said):
        begun = now_ms()
        for _ in range(choice.choice([1, 1, 2, 3])):
            said.append(choice.choice(NEMESES)(trial.fleet, choice))
            log.info("%s", said[-1])
            pause(choice.uniform(0, FAULT_SECONDS / 4))
        pause(max(0.0, FAULT_SECONDS - (now_ms() - begun) / 1000))
        trial.fleet.heal()
        log.info("healed")


def tables(trial: Trial) -> list[Violation]:
    """I5: soon after the healing each worker's table is etcd's."""
    broken = []
    for station in trial.fleet.stations:
        try:
            until(lambda: trial.knows(station), TABLE_SECONDS)  # noqa: B023
        except NeverHappened:
            broken.append(Violation("I5", station.name, f"differs {TABLE_SECONDS:g} s after"))
    return broken


def tell(case: Case, broken: list[Violation], seed: int) -> None:
    """Log the verdict in numbers."""
    due = sum(len(promise.due(case.now)) for promise in case.promises)
    kept = punctuality(case)
    log.info("%d due instants, %d starts, %d faults", due, len(case.starts), len(case.faults))
    log.info("outcomes: %s", dict(Counter(record.outcome for record in case.records)))
    slow = sum((spell.healed - spell.begun) / 1000 for spell in case.slow)
    log.info("the machine was too slow for %.0f s, near which nothing is held to be late", slow)
    for job, plan, why in kept.late[:MOST_LATE]:
        log.info("  late: %s %d %s", job, plan, why)
    counts = Counter(violation.invariant for violation in broken)
    gate = ", ".join(f"{name} {counts[name]}" for name in GATE)
    others = sum(counts.values()) - sum(counts[name] for name in GATE)
    log.info(
        "seed %d: %d instants, %d starts; violations: %s, others %d; healthy %d, in time %.3f %%",
        seed,
        due,
        len(case.starts),
        gate,
        others,
        kept.healthy,
        100 * kept.share,
    )
    if broken:
        log.info("%s", dict(counts))
        log.info("%s", story(case, broken))


def keep(fleet: Fleet) -> Path:
    """Copy logs and witness out of the fleet's folder, which goes with it."""
    kept = Path(tempfile.mkdtemp(prefix="fleetcron-faults-kept-"))
    for path in [*fleet.folder.rglob("*.log"), fleet.witness.file]:
        shutil.copy(path, kept / "-".join(path.relative_to(fleet.folder).parts))
    return kept
