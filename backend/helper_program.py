"""Compiles the helper of worker/helper: which compiler, how, and what is done without one."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

SOURCE = Path("worker/helper/run.c")
PROGRAM = Path("worker/helper/run")
MACHINES = ("x86_64", "aarch64")
COMPILERS = ("cc", "gcc", "clang")
ZIG = "ziglang"
"""A C compiler from the package index, asked for where the host has none."""
FLAGS = (
    "-std=c11 -Os -static -nostdlib -ffreestanding -fno-builtin -fno-stack-protector"
    " -fno-pie -no-pie -fno-asynchronous-unwind-tables -fno-sanitize=all -s"
).split()
SECONDS = 300
"""The first call of a compiler that was just unpacked may take a while."""


def requirements() -> list[str]:
    """What must be installed to compile it here: nothing where there is a compiler, or no use."""
    if not is_wanted() or compiler() or platform.machine() not in MACHINES:
        return []
    return [ZIG]


def is_wanted() -> bool:
    """Whether nobody said FLEETCRON_HELPER=no, as for an index that has no compiler."""
    return sys.platform == "linux" and os.environ.get("FLEETCRON_HELPER") != "no"


def compiler() -> list[str] | None:
    """The command of the host's C compiler: $CC, or the first that is there."""
    if own := os.environ.get("CC"):
        return own.split()
    found = next(filter(None, map(shutil.which, COMPILERS)), None)
    return [found] if found else None


def build(root: Path) -> bool:
    """Compile the helper in this source tree; False, with a line on stderr, where it cannot be.

    A worker may be using the one of an earlier build, so it is replaced in one step. Where there is
    no new one the old one goes, also from setuptools' copy: it may be another machine's.
    """
    program, new = root / PROGRAM, root / f"{PROGRAM}.new"
    if command := _command():
        try:
            _run([*command, *FLAGS, "-o", str(new), str(root / SOURCE)])
            new.chmod(0o755)
            _run([str(new), "--", "/bin/sh", "-c", ":"])
            new.replace(program)
            return True
        except (OSError, subprocess.SubprocessError) as error:
            new.unlink(missing_ok=True)
            _say(f"{' '.join(command)} does not build it: {error}")
    for old in (program, *root.glob(f"build/lib*/{PROGRAM}")):
        old.unlink(missing_ok=True)
    return False


def _command() -> list[str] | None:
    found = compiler() or ([sys.executable, "-m", ZIG, "cc"] if find_spec(ZIG) else None)
    if not is_wanted():
        _say("it is not wanted")
    elif platform.machine() not in MACHINES:
        _say(f"it is not written for {platform.machine()}")
    elif not found:
        _say("there is no C compiler")
    else:
        return found
    return None


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, timeout=SECONDS, stdin=subprocess.DEVNULL)


def _say(why: str) -> None:
    print(f"fleetcron is built without its helper: {why}", file=sys.stderr)
