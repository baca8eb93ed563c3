"""A clock that a test turns by hand."""


class TurnedClock:
    """Wall and boot time that go on only when they are told to."""

    def __init__(self, wall_ms: int = 1_800_000_000_000, boot: float = 1000.0) -> None:
        self.now_ms = wall_ms
        self.now_boot = boot

    def wall_ms(self) -> int:
        """Epoch milliseconds."""
        return self.now_ms

    def boot(self) -> float:
        """Seconds since boot."""
        return self.now_boot

    def turn(self, seconds: float) -> None:
        """Let both go on."""
        self.now_ms += int(seconds * 1000)
        self.now_boot += seconds
