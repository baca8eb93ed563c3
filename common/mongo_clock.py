"""What MongoDB says of its wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

CLOCK_SECONDS = 3.0
"""A server that takes longer to tell its time tells it to nobody."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def epoch_ms(told: object) -> int | None:
    """Epoch ms of an instant as the client decodes it (naive is UTC); None for anything else."""
    if not isinstance(told, datetime):
        return None
    return (told.replace(tzinfo=told.tzinfo or UTC) - EPOCH) // timedelta(milliseconds=1)
