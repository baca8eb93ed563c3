"""The fleet's time zone: what a job that names none is read in, the same on every host."""

from __future__ import annotations

import json
import logging

from common.constants import FLEET_KEY
from common.errors import InvalidField, StoreLost
from common.schedule import parse_schedule
from common.store import Entry, Put, RevisionIs, Store, Transaction
from common.strict_json import json_type, parse_object

log = logging.getLogger(__name__)


def fleet_zone(store: Store, configured: str) -> str:
    """The zone of the whole fleet: the stored one, or `configured` where none is stored yet.

    The first daemon's config writes it, once. InvalidField when `configured` or what is stored is
    not a zone that this host knows; the store's errors pass through.
    """
    parse_schedule("@daily", configured)
    while True:
        entry = store.get(FLEET_KEY)
        stored = _stored_zone(entry)
        if stored is not None:
            if stored != configured:
                log.warning("the fleet's time zone is %s; %s is not used", stored, configured)
            parse_schedule("@daily", stored)
            return stored
        _offer(store, entry, configured)


def _stored_zone(entry: Entry | None) -> str | None:
    """What is stored, or None where nothing usable is."""
    if entry is None:
        return None
    try:
        zone = parse_object(entry.value, "fleet").get("timezone")
        if not isinstance(zone, str):
            raise InvalidField("timezone", f"expected text, got {json_type(zone)}")
    except InvalidField as error:
        log.warning("%s is malformed (%s); writing it anew", FLEET_KEY, error)
        return None
    return zone


def _offer(store: Store, entry: Entry | None, zone: str) -> None:
    """Write the zone if nobody else did; whoever won, what is stored is read again."""
    value = json.dumps({"timezone": zone}).encode()
    unchanged = RevisionIs(FLEET_KEY, entry.revision if entry else 0)
    try:
        store.commit(Transaction((unchanged,), (Put(FLEET_KEY, value),)))
    except StoreLost as error:
        log.warning("do not know whether the fleet's zone was written (%s); reading it", error)
