"""The end of former lives' executors that this one has not taken over, where it stops for good."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from worker.executor_peer import ExecutorPeer
from worker.executor_socket import connect
from worker.former_homes import Homes
from worker.former_place import CONNECT_SECONDS, FormerPlace
from worker.stop_reason import StopReason

log = logging.getLogger(__name__)

END_SECONDS = 21.0
"""What they may take before the stop goes on: some grace for their runs, and to write the ends."""


def end_former(data_dir: Path, reason: StopReason) -> None:
    """End what executors of former lives still run, unless a next life is to go on with it.

    For a life that has not come so far as to take anything over; the next one records the ends.
    """
    living = [place for place in Homes(data_dir).places() if place.is_held]
    if living and not reason.is_restart():
        end_places(living)


def end_places(places: Iterable[FormerPlace]) -> None:
    """End these executors, which end their runs first, all at once; wait for them.

    Whoever of them takes longer is left to end by itself.
    """
    told = [(place, peer) for place in places if (peer := _told(place))]
    deadline = time.monotonic() + END_SECONDS
    for place, peer in told:
        if not peer.wait(max(0.0, deadline - time.monotonic())):
            log.warning("%s goes on until its runs have had their grace", place)
        peer.close()


def _told(place: FormerPlace) -> ExecutorPeer | None:
    """The executor, which was told to end, woken for that if it was stopped; None if it is gone."""
    if not place.is_held:
        return None
    try:
        with connect(place.home, place.number, CONNECT_SECONDS) as connection:
            peer = ExecutorPeer(connection)
    except OSError as error:
        log.error("%s cannot be told to end: %s", place, error)
        return None
    log.info("%s is ended with its runs", place)
    peer.signal(signal.SIGTERM)
    peer.signal(signal.SIGCONT)
    return peer
