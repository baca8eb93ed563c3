"""Where the helper lies, and whether this installation has one that this machine can run."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

HELPER = Path(__file__).with_name("run")
"""Built when the package is installed, where a C compiler could be had."""


@cache
def helper() -> str | None:
    """The helper's path, or None where there is none; looked for once."""
    return str(HELPER) if os.access(HELPER, os.X_OK) else None


@cache
def setpriv() -> str | None:
    """The path of setpriv(1), which switches users where the helper is missing, or None."""
    return shutil.which("setpriv", path="/usr/sbin:/usr/bin:/sbin:/bin")
