"""A worker's host: what outlives its process (state directory, commands), or does not."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.model.values import Owed


@dataclass(slots=True)
class Span:
    """From when to when a run's command ran; witnesses keep it."""

    begin: int
    end: int
    run: str
    overlap: str


@dataclass(slots=True)
class Command:
    """A command that was started, when it ends by itself, and how."""

    span: Span
    outcome: str


@dataclass(frozen=True, slots=True)
class Held:
    """A run's key as we left it: what it says, its revision, and the one that created it."""

    run: str
    owed: Owed
    revision: int
    created: int


@dataclass(frozen=True, slots=True)
class Saved:
    """The state directory's word on who we are."""

    incarnation: str
    lease: int
    boot: int


@dataclass(frozen=True, slots=True)
class Kept:
    """How a run ended, as the disk has it; `alone` where nothing else need stand for that."""

    held: Held
    outcome: str
    alone: bool = False


@dataclass(slots=True)
class Host:
    """One host. The journal says of each run whether its command was surely started, the spool how
    it ended.
    """

    boot: int = 0
    saved: Saved | None = None
    journal: dict[str, tuple[Held, bool]] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)
    spool: dict[str, Kept] = field(default_factory=dict)

    def reboot(self, now: int) -> None:
        """All commands end."""
        self.boot += 1
        for command in self.commands.values():
            command.span.end = min(command.span.end, now)
        self.commands = {}

    def lose_state(self) -> None:
        """The state directory is gone."""
        self.saved, self.journal, self.spool = None, {}, {}
