"""What stands at the end of a command's help: examples that can be typed as they are."""

from __future__ import annotations

TITLE = "Examples:"


def examples(*lines: str) -> str:
    """The end of a command's help; each line is what follows `fleetcron`."""
    shown = (f"  fleetcron {line}" for line in lines)
    return "\n".join(("\b", TITLE, *shown))
