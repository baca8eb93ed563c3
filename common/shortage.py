"""What the system has no more of, where Python itself says so in an error that has no number."""

from __future__ import annotations

NO_THREAD = "start new thread"
"""What Python says where there can be no further thread."""


def shortage(error: BaseException) -> str:
    """What there is too little of, in words; "" for an error that means nothing of the kind."""
    if isinstance(error, MemoryError):
        return "no memory is left"
    if isinstance(error, RuntimeError) and NO_THREAD in str(error):
        return "no thread is left, or no memory for one"
    return ""
