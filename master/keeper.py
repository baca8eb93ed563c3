"""Keeps house, on one master at a time: small steps of chores; the body of a thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from common.clock import Clock
from common.errors import FleetcronError, StoreError
from master.leadership import Leadership

log = logging.getLogger(__name__)

SEEK_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0


class Chore(Protocol):
    """Something to keep up, step by step."""

    name: str

    def begin(self) -> None:
        """Forget what was found before: from now on this master keeps house, again perhaps."""

    def step(self) -> float:
        """Do a small part of what there is to do; in how many seconds to come again."""


@dataclass(slots=True)
class _Turn:
    """When a chore's next step is due (seconds since boot), and what went wrong in the last."""

    chore: Chore
    due: float = 0.0
    pause: float = 0.0
    said: str = ""


class Keeper:
    """Does the chores while this master is the one to do them; resigns at the end.

    Whether it is, is looked at before each step. A master that is frozen within one for longer than
    its lease lasts ends that step when it thaws, while another keeps house already, and no more.
    """

    name = "keeper"

    def __init__(self, leadership: Leadership, chores: Sequence[Chore], clock: Clock) -> None:
        self._leadership = leadership
        self._turns = [_Turn(chore) for chore in chores]
        self._clock = clock
        self._seek_due = 0.0
        self._term = 0
        self._looks = False
        self._said = ""
        self._woken = threading.Event()
        self._ending = False

    def step(self) -> None:
        """Do what is due, and wait until something is."""
        if self._looks or self._clock.boot() >= self._seek_due:
            self._looks = False
            self._seek()
        for turn in self._turns:
            if self._ending or not self._leadership.holds():
                break
            if self._clock.boot() >= turn.due:
                self._do(turn)
        self._woken.wait(max(0.0, self._next() - self._clock.boot()))
        if not self._ending:
            self._woken.clear()

    def look(self) -> None:
        """Look at once whether the place is free; called from any thread, also before the start."""
        self._looks = True
        self._woken.set()

    def wake(self) -> None:
        """End the wait, and all later ones: the thread is to end."""
        self._ending = True
        self._woken.set()

    def close(self) -> None:
        """Leave the place to another master."""
        self._leadership.resign()

    def _next(self) -> float:
        dues = [turn.due for turn in self._turns] if self._leadership.holds() else []
        return min([self._seek_due, *dues])

    def _seek(self) -> None:
        try:
            self._leadership.seek()
            self._said = ""
        except StoreError as error:
            if str(error) != self._said:
                log.warning("cannot tell which master keeps house (%s); trying again", error)
            self._said = str(error)
        self._seek_due = self._clock.boot() + SEEK_SECONDS
        if self._term != self._leadership.term:
            self._term = self._leadership.term
            for turn in self._turns:
                turn.chore.begin()
                turn.due = 0.0

    def _do(self, turn: _Turn) -> None:
        try:
            after = turn.chore.step()
            turn.pause, turn.said = 0.0, ""
        except FleetcronError as error:
            if str(error) != turn.said:
                log.warning("%s: %s; trying again", turn.chore.name, error)
            turn.said = str(error)
            after = turn.pause = min(max(2 * turn.pause, FIRST_PAUSE), LONGEST_PAUSE)
        turn.due = self._clock.boot() + after
