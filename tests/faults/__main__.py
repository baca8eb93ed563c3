"""Run the fault bench: the matrix's rows, or faults at random.

python -m tests.faults [--full] [ROW ...]
python -m tests.faults --random [--minutes M] [--seed N]
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import sys

import pytest

from tests.faults.random_mode import run
from tests.faults.rows import FILES, WAITING, row_of
from tests.faults.sizes import FULL

HOW = ("-q", "--tb=short", "-p", "tests.faults.only_rows")
BESIDE = ("-n", "4", "--dist", "worksteal")
"""Side by side, for most of a row is waiting."""
ALONE = ("-n", "0", "-rP", "--log-level=INFO", "--timeout=1800")
"""What measures something is not disturbed, and its figures are shown."""


def main() -> int:
    """The exit code: 0 when everything held."""
    waiting = [f"\n  row {row_of(test)}: {what}" for test, what in WAITING.items()]
    which = "rows that run only when they are named, and what they wait for:"
    parser = argparse.ArgumentParser(
        prog="./dev faults",
        description=__doc__,
        epilog="".join((which, *waiting)) if waiting else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("rows", nargs="*", type=int, metavar="ROW", help="default: all of them")
    parser.add_argument(
        "--full",
        action="store_true",
        help="rows 29, 32 and 36 with 1,000 kills, 10,000 and 100,000 jobs, row 21 with ten minutes"
        " without a log store, row 24 with 1 GiB; one row after the other, and figures",
    )
    parser.add_argument("--random", action="store_true", help="faults at random")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default: 10)")
    parser.add_argument("--seed", type=int, help="the seed of an earlier run, to have its faults")
    given = parser.parse_args()
    if given.random:
        logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
        logging.getLogger("common").setLevel(logging.WARNING)
        seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
        return run(given.minutes, seed)
    rows = [f"--row={row}" for row in given.rows]
    if given.full:
        os.environ[FULL] = "yes"
    how = ALONE if given.full else BESIDE
    return int(pytest.main([*HOW, *how, *rows, *map(str, FILES)]))


if __name__ == "__main__":
    sys.exit(main())
