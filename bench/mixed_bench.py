"""A short job in a mixed fleet: how often each due instant was started, and by whom.

Two workers of ours and one that keeps the Go protocol, on one etcd; a job of 5 ms is due every 5 s
for 5 minutes. Then, for a minute, a Go worker of which ours know nothing, as a control: it has to
start instants again. Exits with 1 when an instant was started twice, or the control shows none.
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

EVERY_SECONDS = 5
CONTROL_MINUTES = 1.0


def measure(folder: Path, minutes: float, unregistered: bool) -> int:
    """How many instants were started more than once, of those in so many minutes."""
    etcd, mongodb = EtcdServer(folder / "etcd"), MongoServer(folder / "mongodb")
    job, wanted = ShortJob(folder, EVERY_SECONDS), round(minutes * 60 / EVERY_SECONDS)
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
    spanned = (last - min(instants)) // (EVERY_SECONDS * 1000)
    by_go = sum(start.by_go for start in found)
    late = sorted(start.at - start.instant for start in found if not start.by_go)
    doubled = len(found) - len(instants)
    print(f"{'unknown' if unregistered else 'known'} Go worker: {spanned} instants,")
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
    for what, length in (("known", minutes), ("unknown", min(minutes, CONTROL_MINUTES))):
        with tempfile.TemporaryDirectory() as scratch:
            found[what] = measure(Path(scratch), length, what == "unknown")
    print(json.dumps(found))
    raise SystemExit(0 if not found["known"] and found["unknown"] else 1)


if __name__ == "__main__":
    main()
