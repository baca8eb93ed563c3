"""The command line with a Python thread beside it that never rests; for benches alone."""

import threading

from cli.__main__ import fleetcron


def burn() -> None:
    """Keep the interpreter busy for ever."""
    number = 0
    while True:
        number += 1


if __name__ == "__main__":
    threading.Thread(target=burn, daemon=True).start()
    fleetcron()
