"""A daemon asks now and then whether its etcd is set up to last."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Sequence

from common.errors import StoreError, StoreRefused

log = logging.getLogger(__name__)

HOURLY_SECONDS = 3600.0
SOON_SECONDS = 60.0
"""After no answer."""


class EtcdWarner:
    """The body of a thread: logs the warnings that `ask` gives, each once until it is gone."""

    name = "etcd warner"

    def __init__(self, ask: Callable[[], Sequence[str]], seconds: float = HOURLY_SECONDS) -> None:
        self._ask = ask
        self._seconds = seconds
        self._woken = threading.Event()
        self._said: set[str] = set()

    def step(self) -> None:
        """Ask, log what is new, and wait."""
        self._woken.wait(self._look())
        self._woken.clear()

    def wake(self) -> None:
        """End the wait."""
        self._woken.set()

    def close(self) -> None:
        """Nothing is held."""

    def _look(self) -> float:
        """The seconds after which to look again."""
        try:
            warnings = self._ask()
        except StoreRefused as error:
            self._say([f"etcd does not tell us how much history it keeps: {error}"], logging.INFO)
            return self._seconds
        except StoreError as error:
            log.debug("etcd was not asked how much history it keeps: %s", error)
            return min(SOON_SECONDS, self._seconds)
        self._say(warnings, logging.WARNING)
        return self._seconds

    def _say(self, sentences: Sequence[str], level: int) -> None:
        kinds = {_kind(sentence): sentence for sentence in sentences}
        for kind in kinds.keys() - self._said:
            log.log(level, "%s", kinds[kind])
        if self._said and not kinds:
            log.info("etcd gives no more cause for a warning")
        self._said = set(kinds)


def _kind(sentence: str) -> str:
    """A sentence but for its numbers, which grow from hour to hour."""
    return re.sub(r"[0-9.]+", "#", sentence)
