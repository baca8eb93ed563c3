"""Signals to process groups."""

import os


def signal_group(group: int, number: int) -> bool:
    """Send a signal to every process of the group, whose leader must not have been reaped yet.

    False when we may send it to none of them.
    """
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass
    except PermissionError:
        return False
    return True
