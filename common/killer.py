"""What a key under /cron/killer/ says: which run is to end, and who asked.

The first line is a run id, or empty for every run of the job; a second one names who asked, where
our own master put it.
"""

from __future__ import annotations


def pack_kill(run_id: str, by: str) -> bytes:
    """The value to store; nothing at all for every run, asked by nobody that is known."""
    text = f"{run_id}\n{by}" if by else run_id
    return text.encode("utf-8", "surrogateescape")


def unpack_kill(value: bytes) -> tuple[str, str]:
    """The run id, "" for every run, and who asked, "" where it does not say."""
    run_id, _, by = value.decode("utf-8", "replace").partition("\n")
    return run_id.strip(), by.strip()
