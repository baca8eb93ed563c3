"""Placement by simulation, with the product's own code: balance, what a change moves and costs.

100,000 jobs on 20, 200 and 1,000 workers. `busiest` is the busiest worker's share over the mean;
`moved` is how many jobs a worker that comes takes, in units of its fair share; `comes` and `goes`
are what that costs each other worker; `armed` is how many jobs a worker keeps in its timetable.
"""

import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from worker.slots import RANKS, Ranking
from worker.weights import Weights, slot_of

JOBS = 100_000
LIMITS = {20: 1.15, 200: 1.5, 1000: 2.0}
MOST_MOVED, MOST_MS = 1.2, 20.0


def timed(act: Callable[[], object]) -> float:
    """What it took, ms."""
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    """Print the table; exit with 1 when a limit is passed."""
    slots = [slot_of(f"job-{n}") for n in range(JOBS)]
    print(f"{'workers':>7} {'busiest':>8} {'moved':>6} {'comes ms':>9} {'goes ms':>8} {'armed':>7}")
    held = True
    for count, limit in LIMITS.items():
        ranking = Ranking(Weights())
        names = [f"10.{n // 62500}.{n // 250 % 250}.{n % 250}" for n in range(count)]
        ranking.become(names)
        shares = Counter(ranking.first(slot) for slot in slots)
        busiest = max(shares.values()) * count / JOBS
        armed = sum(ranking.rank(slot, names[0]) is not None for slot in slots)
        before = [ranking.first(slot) for slot in slots]
        comes = timed(partial(ranking.become, [*names, "10.255.0.1"]))
        after = [ranking.first(slot) for slot in slots]
        moved = sum(a != b for a, b in zip(before, after, strict=True)) * (count + 1) / JOBS
        goes = timed(partial(ranking.become, names))
        print(
            f"{count:7d} {busiest:8.2f} {moved:6.2f} {comes:9.1f} {goes:8.1f} {armed:7d}"
            f"   (of {RANKS * JOBS // count} on average)"
        )
        held &= busiest <= limit and moved <= MOST_MOVED and max(comes, goes) < MOST_MS
    raise SystemExit(0 if held else 1)


if __name__ == "__main__":
    main()
