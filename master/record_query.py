"""The fields of a query about records as what they mean; InvalidField names the one that is wrong.

Times are epoch ms or ISO 8601 (in the fleet's time zone where they have no offset), durations ms.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

from common.errors import InvalidField
from common.record import OUTCOMES, TRIGGERS
from common.search import Position, Search, position
from common.store import Store
from master.inputs import instant, whole
from master.registered import all_registered

FILTERS = (
    "job",
    "outcome",
    "worker",
    "host",
    "trigger",
    "since",
    "until",
    "tookAtLeast",
    "tookAtMost",
)
"""What every call about records takes."""
MOST_RECORDS, USUAL_RECORDS = 1000, 50
_LONGEST_MS = 10**13
Query = Mapping[str, str]


def search_of(query: Query, store: Store, zone: str) -> Search:
    """What is searched for; the store, whose errors pass through, says the workers of a host.

    A field that is given says something: an empty one would mean everything.
    """
    refuse_empty(query, FILTERS)
    since, until = _instant(query, "since", zone), _instant(query, "until", zone)
    least, most = _duration(query, "tookAtLeast"), _duration(query, "tookAtMost")
    if since is not None and until is not None and until < since:
        raise InvalidField("until", "is before since")
    if least is not None and most is not None and most < least:
        raise InvalidField("tookAtMost", "is less than tookAtLeast")
    outcomes = query["outcome"].split(",") if "outcome" in query else []
    return Search(
        job=query.get("job", ""),
        outcomes=tuple(_known("outcome", outcome, OUTCOMES) for outcome in outcomes),
        workers=_workers(query, store),
        trigger=_known("trigger", query["trigger"], TRIGGERS) if "trigger" in query else "",
        since_ms=since,
        until_ms=until,
        took_least_ms=least,
        took_most_ms=most,
    )


def refuse_empty(query: Query, fields: Collection[str]) -> None:
    """Return where none of these fields is given without anything in it; else InvalidField."""
    for name in fields:
        if query.get(name) == "":
            raise InvalidField(name, "is empty; leave it out where everything is meant")


def after_of(query: Query) -> Position | None:
    """Behind which record the page begins; None: at the newest."""
    text = query.get("after")
    return position(text) if text else None


def limit_of(query: Query) -> int:
    """How many records a page has at most."""
    return whole(query, "limit", USUAL_RECORDS, 1, MOST_RECORDS)


def _instant(query: Query, name: str, zone: str) -> int | None:
    return instant(query, name, zone, 0) if query.get(name) else None


def _duration(query: Query, name: str) -> int | None:
    return whole(query, name, 0, 0, _LONGEST_MS) if query.get(name) else None


def _known(name: str, text: str, known: Collection[str]) -> str:
    if text not in known:
        nearest = difflib.get_close_matches(text, known, 1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"expected {', '.join(known)}"
        raise InvalidField(name, f"{text[:40]!r} is none; {hint}")
    return text


def _workers(query: Query, store: Store) -> tuple[str, ...]:
    """Those that are meant: one by name, or all that are or were registered on a host."""
    worker, host = query.get("worker", ""), query.get("host", "")
    if worker and host:
        raise InvalidField("host", "give either a worker or a host")
    if not host:
        return (worker,) if worker else ()
    there = [each.name for each in all_registered(store) if _is_on(each.name, each.host, host)]
    return tuple(there) or (host,)


def _is_on(name: str, registered_host: str, host: str) -> bool:
    """Whether a worker is on this host, by its registration or by its address."""
    return host in (registered_host, name, name.partition(":")[0])
