"""Why the master does not do what it was asked, where nothing was wrong with the asking."""

from common.errors import FleetcronError


class NoSuchJob(FleetcronError):
    """Neither a job nor a run of this name is known."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no job named {name[:140]!r}")


class NoSuchRun(FleetcronError):
    """No run of this id is under way; the text says what became of it, if that is known."""


class NoSuchWorker(FleetcronError):
    """No worker of this name is known, or none that it can be done to; the text says why."""


class Contended(FleetcronError):
    """Others kept changing the same job; nothing of this edit was done."""


class ChangedMeanwhile(FleetcronError):
    """A job is not what it was when it was looked at; nothing of this edit was done."""


class OutcomeUnknown(FleetcronError):
    """The store went silent in the middle of a change, and it cannot be told what came of it."""


class Unhealthy(FleetcronError):
    """The store answers, and cannot be worked with; the text says why."""
