"""Runs per second as another user, as a ratio to the rate as the worker's own user.

Both are taken in turns in one process, with the same executors: a run as another user goes through
the helper, the other is spawned directly. Needs root. `--program` measures something else than
`true`: with one that does next to nothing the helper's own cost shows.
"""

import argparse
import os
import pwd
import sys
import tempfile
from pathlib import Path

from bench.ending import end_tidily
from bench.executor_bench import Pair, report

OTHER = "nobody"


def main() -> None:
    """Print one line each: directly, and as another user with its ratio to that."""
    end_tidily()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--runs", type=int, default=1000, help="commands a measurement")
    parser.add_argument("--threads", type=int, default=16, help="of each of the two executors")
    parser.add_argument("--program", help="instead of `true` by the shell: this, directly")
    given = parser.parse_args()
    if os.getuid():
        sys.exit("only root can switch users")
    words = {"argv": (given.program,)} if given.program else {}
    with tempfile.TemporaryDirectory() as scratch:
        pair = Pair(Path(scratch), given.threads)
        pair.rate(given.runs, user=OTHER, **words)
        direct, switched, ratios = [pair.rate(given.runs, **words)], [], []
        for _ in range(given.rounds):
            switched.append(pair.rate(given.runs, user=OTHER, **words))
            direct.append(pair.rate(given.runs, **words))
            ratios.append(2 * switched[-1] / (direct[-2] + direct[-1]))
        pair.close()
    report(f"as {pwd.getpwuid(0).pw_name}, directly", direct, [1.0])
    report(f"as {OTHER}, by the helper", switched, ratios)


if __name__ == "__main__":
    main()
