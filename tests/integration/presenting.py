"""What the tests of a worker's leases share: who it is, and a presence with short leases."""

import json

from common.clock import SystemClock
from common.store import Store
from tests.turned_clock import TurnedClock
from worker.events import Event
from worker.members import Member
from worker.presence import Presence
from worker.registration import Identity


def registration(incarnation: str, me: Member) -> bytes:
    """What stands in the registry."""
    says = {"room": me.room, "draining": me.draining, "ahead": me.ahead}
    document = {"host": "h1", "incarnation": incarnation, **says}
    return json.dumps(document).encode()


IDENTITY = Identity("10.0.0.1", registration, lambda: b"since")


def presence(store: Store, heard: list[Event], clock: TurnedClock | SystemClock) -> Presence:
    """A presence with short leases, and an end of its wait already asked for."""
    made = Presence(store, clock, IDENTITY, 30, 10, heard.append)
    made.wake()
    return made
