"""A short job in a mixed fleet: how often each due instant was started, and by whom.

Two workers of ours and one that keeps the Go protocol, on one etcd; a job of 5 ms is due every 5 s
for 5 minutes, then every 2 s for one: its ends are written with less delay. Then the latter with a
Go worker of which ours know nothing, as a control: it has to start instants again. Exits with 1
when an instant was started twice, or the control shows none.
"""

import argparse
import json
import tempfile
from pathlib import Path

from bench.ending import end_tidily
from tests.faults.mixed_fleet import JOB, ShortJob, mixed_fleet
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.waiting import until

SHORT_MINUTES = 1.0


def measure(folder: Path, every: int, minutes: float, unregistered: bool) -> int:
    """How many starts too many a job had that was due every so many seconds, for so long."""
    etcd, mongodb = EtcdServer(folder / "etcd"), MongoServer(folder / "mongodb")
    job, wanted = ShortJob(folder, every), round(minutes * 60 / every)
    try:
        etcd.start()
        mongodb.start()
        with mixed_fleet(folder, etcd.endpoint, mongodb.uri, unregistered) as fleet:
            job.save(fleet.master)
            patience = minutes * 60 + 60
            until(lambda: len({start.instant for start in job.starts()}) > wanted, patience)
            fleet.master.call("/job/delete", name=JOB)
    finally:
        etcd.kill()
        mongodb.kill()
    last = max(start.instant for start in job.starts())
    found = [start for start in job.starts() if start.instant < last]
    instants = {start.instant for start in found}
    spanned = (last - min(instants)) // (every * 1000)
    by_go = sum(start.by_go for start in found)
    late = sorted(start.at - start.instant for start in found if not start.by_go)
    doubled = len(found) - len(instants)
    who = "unknown" if unregistered else "known"
    print(f"{who} Go worker, a job every {every} s: {spanned} instants,")
    print(f"  {len(found)} starts: {len(found) - by_go} by ours, {by_go} by the Go worker")
    print(f"  {doubled} beyond the first of an instant; {spanned - len(instants)} never started")
    if late:
        print(f"  ours started {late[len(late) // 2]} ms (median) after the instant")
    return doubled


def main() -> None:
    """Measure, and say whether it held."""
    end_tidily()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=5.0, help="how long (default: 5)")
    minutes = parser.parse_args().minutes
    found = {}
    short = min(minutes, SHORT_MINUTES)
    for what, every, length in (("long", 5, minutes), ("short", 2, short), ("control", 2, short)):
        with tempfile.TemporaryDirectory() as scratch:
            found[what] = measure(Path(scratch), every, length, what == "control")
    print(json.dumps(found))
    held = not found["long"] and not found["short"] and found["control"]
    raise SystemExit(0 if held else 1)


if __name__ == "__main__":
    main()
