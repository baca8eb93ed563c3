"""The leases of the embedded store: until when each lives is known in memory alone."""

from __future__ import annotations

import math
import secrets

from common.errors import StoreRefused

_LONGEST_SECONDS = 9_000_000_000


def whole_seconds(seconds: float) -> int:
    """How long a lease lasts for which `seconds` were asked: rounded up, at least one."""
    if not 0 < seconds < _LONGEST_SECONDS:
        raise StoreRefused(f"a lease cannot last {seconds} s")
    return math.ceil(seconds)


class Leases:
    """Which leases there are and until when. Not safe for threads: one of them owns it.

    Times are seconds of a clock that never jumps, given by the caller.
    """

    def __init__(self) -> None:
        self._leases: dict[int, tuple[int, float]] = {}

    def grant(self, seconds: int, now: float) -> int:
        """A new lease; its id was never used before."""
        lease = secrets.randbits(62) + 1
        self._leases[lease] = (seconds, now + seconds)
        return lease

    def restore(self, lease: int, seconds: int, now: float) -> None:
        """One of a process that is gone: nobody knows when it was renewed, so it begins anew."""
        self._leases[lease] = (seconds, now + seconds)

    def renew(self, lease: int, now: float) -> float:
        """Begin its time anew; the seconds it lasts, or 0 when it is gone."""
        if not self.lives(lease, now):
            return 0
        whole, _ = self._leases[lease]
        self._leases[lease] = (whole, now + whole)
        return whole

    def lives(self, lease: int, now: float) -> bool:
        """Whether it is there and its time is not over."""
        return lease in self._leases and self._leases[lease][1] > now

    def end(self, lease: int) -> None:
        """Let its time be over."""
        if lease in self._leases:
            self._leases[lease] = (0, -math.inf)

    def over(self, now: float) -> list[int]:
        """The leases whose time is over and that are not forgotten yet."""
        return [lease for lease, (_, deadline) in self._leases.items() if deadline <= now]

    def forget(self, lease: int) -> None:
        """Drop one whose keys are gone."""
        self._leases.pop(lease, None)

    def next_end(self) -> float | None:
        """When the next one's time is over; None when there is none."""
        return min((deadline for _, deadline in self._leases.values()), default=None)
