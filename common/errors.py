"""The tree of errors. Foreign errors are translated into these where they come in."""


class FleetcronError(Exception):
    """Everything that this product raises on purpose."""


class InvalidField(FleetcronError):
    """Input that is refused: `field` names what was wrong, the text is a whole sentence.

    The sentence begins with the field's name ("cronExpr: minute 61 is out of range 0-59").
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class ConfigError(FleetcronError):
    """A configuration that cannot be used; the text names file, key and what was expected."""


class NoLocalIPFound(FleetcronError):
    """No IPv4 address that is not loopback, and no `advertise_ip` set."""


class LockAlreadyRequired(FleetcronError):
    """A lock or claim is already taken by another; raised by the claim, never seen by users."""


class ClockOff(FleetcronError):
    """Our wall clock does not agree with most others; nothing is written that hangs on it."""


class StoreError(FleetcronError):
    """Something went wrong between us and the store of jobs."""


class StoreLost(StoreError):
    """The store did not answer in time: a read may be repeated, a write's outcome is unknown."""


class StoreRefused(StoreError):
    """The store answered no (permission, quota, size): repeating the same will not help."""


class StoreFull(StoreRefused):
    """The store takes no writes for want of room, until somebody makes room in it."""


class StoreClosed(StoreError):
    """The store or the watch was closed by us."""


class LogStoreError(FleetcronError):
    """Something went wrong between us and the store of run logs."""


class LogStoreLost(LogStoreError):
    """The log store did not answer in time; writing the same records again is harmless."""


class LogStoreSlow(LogStoreLost):
    """The log store had no answer in the time that this one question was given."""


class LogStoreRefused(LogStoreError):
    """The log store answered no (permission, size): repeating the same will not help."""


class LogStoreUnindexed(LogStoreRefused):
    """The log store takes and gives records, and refuses to make an index that is missing."""


ERR_LOCK_ALREADY_REQUIRED = LockAlreadyRequired
ERR_NO_LOCAL_IP_FOUND = NoLocalIPFound
