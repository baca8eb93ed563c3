"""Reading what is true from where it lies: MongoDB, etcd and the process table."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

import psutil

from tests.faults.evidence import Record
from tests.servers.etcd_cluster import EtcdCluster
from tests.servers.mongodb import MongoServer

JOBS, RUNS, WORKERS, ALIVE = "/cron/jobs/", "/cron/runs/", "/cron/workers/", "/cron/alive/"
FIRED, KILLER, LOCK = "/cron/fired/", "/cron/killer/", "/cron/lock/"


def records(mongodb: MongoServer, jobs: Iterable[str]) -> list[Record]:
    """All records of these jobs."""
    with mongodb.client() as client:
        found = client["cron"]["log"].find({"jobName": {"$in": list(jobs)}})
        return [Record.of(document) for document in found]


def keys_under(etcd: EtcdCluster, prefix: str) -> dict[str, int]:
    """The keys under a prefix and the revisions that changed them last."""
    answer = json.loads(etcd.etcdctl("get", "--prefix", prefix, "--keys-only", "-w", "json"))
    return {
        base64.b64decode(entry["key"]).decode(errors="replace"): int(entry["mod_revision"])
        for entry in answer.get("kvs", [])
    }


def value_of(etcd: EtcdCluster, key: str) -> bytes | None:
    """A key's value, None where it is not there."""
    found = json.loads(etcd.etcdctl("get", key, "-w", "json")).get("kvs", [])
    return base64.b64decode(found[0].get("value", "")) if found else None


def leases(etcd: EtcdCluster) -> int:
    """How many leases etcd holds."""
    return len(json.loads(etcd.etcdctl("lease", "list", "-w", "json")).get("leases", []))


def living_runs(prefix: str) -> dict[int, str]:
    """The run ids that begin so, of processes that are alive, by pid."""
    found = {}
    for process in psutil.process_iter():
        try:
            run_id = process.environ().get("FLEETCRON_RUN_ID", "")
            if run_id.startswith(prefix) and process.status() != psutil.STATUS_ZOMBIE:
                found[process.pid] = run_id
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def owed_of(etcd: EtcdCluster, job: str) -> dict[str, dict[str, Any]]:
    """What is owed of a job's runs by run id, as the documents under their keys say it."""
    prefix = f"{RUNS}{job}/"
    answer = json.loads(etcd.etcdctl("get", "--prefix", prefix, "-w", "json"))
    return {
        base64.b64decode(entry["key"]).decode().removeprefix(prefix): json.loads(
            base64.b64decode(entry["value"])
        )
        for entry in answer.get("kvs", [])
    }
