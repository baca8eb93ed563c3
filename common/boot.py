"""The boot of the machine that we live in."""

from pathlib import Path


def boot_id() -> str:
    """What the kernel calls this boot of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
