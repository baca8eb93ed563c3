"""How large the rows are that are about many jobs: small ones by default, else the matrix's."""

from __future__ import annotations

import os

FULL = "FLEETCRON_FAULTS_FULL"
"""Set (to anything) in the environment of a run in full size."""


def size(usual: int, full: int) -> int:
    """The size to use now."""
    return full if os.environ.get(FULL) else usual
