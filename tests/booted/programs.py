"""The host's programs that the booted tests need, and how they are run."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

PACKAGES = {
    "debootstrap": "debootstrap",
    "systemd-nspawn": "systemd-container",
    "mke2fs": "e2fsprogs",
    "qemu-system-x86_64": "qemu-system-x86",
}
"""A Debian package for each program that a test may need."""

ADMINISTRATORS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class CannotBoot(Exception):
    """This host cannot boot a root; the text says what is missing."""


def require(*programs: str) -> None:
    """CannotBoot unless we are root and all of these programs are there."""
    if os.geteuid() != 0:
        raise CannotBoot("needs root")
    missing = {
        PACKAGES[name] for name in programs if shutil.which(name, path=ADMINISTRATORS) is None
    }
    if missing:
        raise CannotBoot(f"not installed (apt-get install them): {' '.join(sorted(missing))}")


def call(*argv: str | Path, env: Mapping[str, str] | None = None, timeout: float = 1800.0) -> str:
    """Run a program to its end and give what it printed; CannotBoot with its words if it fails."""
    words: Sequence[str] = [str(word) for word in argv]
    done = subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": ADMINISTRATORS, **(env or {})},
        timeout=timeout,
    )
    if done.returncode:
        raise CannotBoot(f"{' '.join(words)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
