"""The seconds of a day at which an expression is due, as its first three fields say."""

from common.cron_fields import Field


def lowest(mask: int) -> int:
    """The number of the lowest bit that is set; -1 for none."""
    return (mask & -mask).bit_length() - 1


def highest(mask: int, bit: int) -> int:
    """The number of the highest bit that is set and not above `bit` (-1 or more); -1 for none."""
    return (mask & (2 << bit) - 1).bit_length() - 1 if bit >= 0 else -1


class TimesOfDay:
    """All due seconds of a day (0 to 86399), from the masks of second, minute and hour.

    `number` is how many they are.
    """

    __slots__ = ("_hours", "_minutes", "_seconds", "first", "last", "number")

    def __init__(self, second: Field, minute: Field, hour: Field) -> None:
        self._seconds, self._minutes, self._hours = second.mask, minute.mask, hour.mask
        self.first = second.values[0] + 60 * minute.values[0] + 3600 * hour.values[0]
        self.number = len(second.values) * len(minute.values) * len(hour.values)
        self.last = second.values[-1] + 60 * minute.values[-1] + 3600 * hour.values[-1]

    def at_or_after(self, time: int) -> int:
        """The first due second of the day that is not before `time`; -1 if there is none."""
        hour, rest = divmod(time, 3600)
        minute, second = divmod(rest, 60)
        if self._hours >> hour & 1:
            if self._minutes >> minute & 1:
                ahead = lowest(self._seconds >> second)
                if ahead >= 0:
                    return time + ahead
            ahead = lowest(self._minutes >> minute + 1)
            if ahead >= 0:
                return time - rest + (minute + 1 + ahead) * 60 + lowest(self._seconds)
        ahead = lowest(self._hours >> hour + 1)
        return self.first % 3600 + (hour + 1 + ahead) * 3600 if ahead >= 0 else -1

    def at_or_before(self, time: int) -> int:
        """The last due second of the day that is not after `time`; -1 if there is none."""
        hour, rest = divmod(time, 3600)
        minute, second = divmod(rest, 60)
        if self._hours >> hour & 1:
            if self._minutes >> minute & 1:
                found = highest(self._seconds, second)
                if found >= 0:
                    return time - second + found
            found = highest(self._minutes, minute - 1)
            if found >= 0:
                return time - rest + found * 60 + highest(self._seconds, 59)
        found = highest(self._hours, hour - 1)
        return self.last % 3600 + found * 3600 if found >= 0 else -1

    def upto(self, time: int) -> int:
        """How many due seconds of the day are not after `time` (-1 or more)."""
        hour, rest = divmod(time, 3600)
        minute, second = divmod(rest, 60)
        if hour < 0:
            return 0
        whole = self._seconds.bit_count()
        found = _below(self._hours, hour) * self._minutes.bit_count() * whole
        if self._hours >> hour & 1:
            found += _below(self._minutes, minute) * whole
            if self._minutes >> minute & 1:
                found += _below(self._seconds, second + 1)
        return found


def _below(mask: int, bit: int) -> int:
    """How many bits below this one are set."""
    return (mask & (1 << bit) - 1).bit_count()
