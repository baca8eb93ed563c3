"""The jobs of random mode: plain ones that nobody touches, and some of everything else."""

from __future__ import annotations

import random
from typing import Any

from tests.faults.bench_job import Job
from tests.faults.trial import Trial

PLAIN = {1: 7, 2: 5, 5: 6, 10: 6}
"""How many jobs are due each so many seconds; each lasts at most a second less than that."""
OVERLAPS = ("skip", "queue", "replace", "allow")
EVERY = (3, 5, 6)
AT_TIMES = "[ $(($$ % 3)) -ne 0 ]"
"""What fails a third of the runs."""
RETRIED = {"retries": 2, "retryDelaySeconds": 1.0, "retryBackoff": 2, "retryJitterSeconds": 0.5}
LABELS = ({"role": "db"}, {"role": "db", "disk": "fast"}, {"role": "web"})
"""The stations' own, in their order."""
PLACES: tuple[dict[str, Any], ...] = (
    {"hosts": "all"},
    {"hosts": 2},
    {"hosts": 2, "overlap": "queue"},
    {"where": ["role=db"]},
    {"where": ["role!=db"], "catchUp": "latest"},
    {"where": ["disk=fast"], "overlap": "replace"},
)


def save_plain(trial: Trial, choice: random.Random) -> list[Job]:
    """Save the jobs that nobody touches, some of which do not outlive a lease."""
    saved = []
    for every, count in PLAIN.items():
        for _ in range(count):
            lasts = choice.uniform(0, every - 1)
            cut_off = choice.choice(("keep", "kill"))
            work = f"sleep {lasts:.2f}" if lasts else ""
            saved.append(trial.job(every, work, cutOff=cut_off))
    return saved


def save_mixture(trial: Trial, choice: random.Random) -> list[Job]:
    """Save jobs of every kind, whose runs last longer than their period now and then."""
    kinds: list[dict[str, Any]] = []
    for overlap in OVERLAPS:
        kinds.append({"overlap": overlap})
        kinds.append({"overlap": overlap, **RETRIED})
        kinds.append({"overlap": overlap, **RETRIED, "rerunLost": True, "catchUp": "all"})
    kinds += PLACES
    return [_save(trial, choice.choice(EVERY), kind) for kind in kinds]


def _save(trial: Trial, every: int, kind: dict[str, Any]) -> Job:
    then = AT_TIMES if "retries" in kind else ""
    return trial.job(every, f"sleep $(($$ % {every + 2}))", name="mixed", then=then, **kind)
