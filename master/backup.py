"""All jobs and drains as one document, and back again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from common import keys
from common.audit import RESTORED, AuditEntry
from common.constants import JOB_SAVE_DIR, WORKER_DRAIN_DIR
from common.cron_zone import zone_named
from common.drain import Drain, drain_from_document, drain_to_document, pack_drain, unpack_drain
from common.errors import FleetcronError, InvalidField
from common.job import found_name, parse_object
from common.protocol import extract_job_name
from common.store import Put, RevisionIs, Store, Transaction
from common.strict_json import first_twice, json_type
from master.audit_box import audited
from master.bulk import SavedInPart
from master.change_log import Asker
from master.edits import Edits
from master.refusals import ChangedMeanwhile
from master.restored import Whole
from master.standing import job_of

FORMAT = 1
_LATEST_SECONDS = 253_402_300_799


class Backup:
    """Takes and gives back what people put into the store. `zone` is the fleet's."""

    def __init__(self, store: Store, edits: Edits, zone: str, now: Callable[[], int]) -> None:
        self._store = store
        self._edits = edits
        self._zone = zone
        self._now = now

    def document(self) -> dict[str, Any]:
        """The jobs as they stand at one `revision`, whole, and the drains.

        `left` names the keys that are left out because what lies there is no job, and why.
        """
        snapshot = self._store.snapshot(JOB_SAVE_DIR)
        jobs, left = [], []
        for entry in snapshot.entries:
            name = extract_job_name(entry.key)
            try:
                job_of(name, entry)
                jobs.append(parse_object(entry.value))
            except InvalidField as error:
                left.append({"name": name, "why": str(error)})
        drains = self._store.snapshot(WORKER_DRAIN_DIR).entries
        return {
            "fleetcron": FORMAT,
            "at": self._now(),
            "zone": self._zone,
            "revision": snapshot.revision,
            "jobs": jobs,
            "drains": [
                {"worker": each.key.removeprefix(WORKER_DRAIN_DIR)}
                | drain_to_document(unpack_drain(each.value))
                for each in drains
            ],
            "left": left,
        }

    def restore(self, given: Mapping[str, Any], by: str, peer: str, check: bool) -> dict[str, Any]:
        """Make each job and drain of a document, or of a part of one, what it says there, and
        delete the jobs whose names are its `surplus`.

        For each job whether it `changed`, or the `problem` for which it stays as it is. With
        `check` nothing is changed, and it is told what would be, and each job's `revision`. Given
        back as `checked`, they keep a job as it is that was changed since. `zone` is the fleet's.
        SavedInPart, or as Edits.restore where nothing was changed.
        """
        _check_format(given)
        of, zone = f"the backup of {_told(given.get('at'))}", _zone(given.get("zone"))
        checked = _revisions(given.get("checked", {}))
        wholes = [
            Whole(job, of, zone, pauses=True, base=checked.get(job["name"]))
            for job in _objects(given, "jobs")
        ]
        drains = [_drain(each) for each in _objects(given, "drains")]
        _refuse_twice([str(whole.document.get("name")) for whole in wholes])
        _refuse_twice([worker for worker, _ in drains])
        surplus = _names(given.get("surplus", []))
        asked = Asker(by, self._now(), peer, of)
        jobs: list[dict[str, Any]] = []
        done: list[dict[str, Any]] = []
        gone: list[dict[str, Any]] = []
        try:
            for whole in wholes:
                jobs.append(self._job(whole, asked, check))
            for worker, drain in drains:
                done.append(self._drained(worker, drain, asked, check))
            for name in surplus:
                gone.append(self._deleted(name, checked.get(name), asked, check))
        except FleetcronError as error:
            if check or not (jobs or done or gone):
                raise
            text = f"{error}; {len(jobs)} of {len(wholes)} jobs were restored, and can be again"
            raise SavedInPart(text) from error
        return {"jobs": jobs, "drains": done, "surplus": gone, "zone": self._zone}

    def _job(self, whole: Whole, asked: Asker, check: bool) -> dict[str, Any]:
        told = {"name": whole.document.get("name")}
        try:
            if check:
                changed, revision = self._edits.would_restore(whole)
                return told | {"changed": changed, "revision": revision}
            return told | {"changed": self._edits.restore(whole, asked.by, asked.peer)}
        except (InvalidField, ChangedMeanwhile) as error:
            return told | {"changed": False, "problem": str(error)}

    def _deleted(self, name: str, base: int | None, asked: Asker, check: bool) -> dict[str, Any]:
        """What became, or would become, of a job that is to go."""
        if check:
            entry = self._store.get(keys.job(name))
            revision = entry.revision if entry else 0
            return {"name": name, "changed": entry is not None, "revision": revision}
        try:
            done = self._edits.delete(name, asked.by, asked.peer, base)
        except ChangedMeanwhile as error:
            return {"name": name, "changed": False, "problem": str(error)}
        return {"name": name, "changed": done is not None}

    def _drained(self, worker: str, drain: Drain, asked: Asker, check: bool) -> dict[str, Any]:
        entry = self._store.get(keys.drain(worker))
        changed = entry is None or unpack_drain(entry.value) != drain
        if changed and not check:
            entry_of = AuditEntry(
                asked.at, RESTORED, asked.by, asked.peer, worker=worker, reason=asked.restores
            )
            put = Put(keys.drain(worker), pack_drain(drain))
            unchanged = RevisionIs(put.key, entry.revision if entry else 0)
            told = audited(entry_of)
            changed = self._store.commit(Transaction((unchanged,), (put, told))).won
        return {"worker": worker, "changed": changed}


def _check_format(given: Mapping[str, Any]) -> None:
    """Return where a document says that it is a backup which this version can read."""
    version = given.get("fleetcron")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InvalidField("fleetcron", "is missing: this is no backup of fleetcron's")
    if version > FORMAT:
        newer = f"the backup is of a newer format ({version}) than this version reads ({FORMAT})"
        raise InvalidField("fleetcron", newer)


def _objects(given: Mapping[str, Any], name: str) -> Sequence[dict[str, Any]]:
    value = given.get(name, [])
    if not isinstance(value, list):
        raise InvalidField(name, f"expected a list, got {json_type(value)}")
    for number, each in enumerate(value, 1):
        if not isinstance(each, dict):
            raise InvalidField(f"{name}[{number}]", f"expected an object, got {json_type(each)}")
        if name == "jobs":
            _name(each, f"{name}[{number}]")
    return value


def _name(job: Mapping[str, Any], where: str) -> None:
    try:
        found_name(job.get("name"))
    except InvalidField as error:
        raise InvalidField(f"{where}.name", error.reason) from error


def _names(given: object) -> list[str]:
    if not isinstance(given, list):
        raise InvalidField("surplus", f"expected a list, got {json_type(given)}")
    return [found_name(name) for name in given]


def _revisions(given: object) -> Mapping[str, int]:
    """The revisions that were told when it was checked, by the names of jobs."""
    if not isinstance(given, dict):
        raise InvalidField("checked", f"expected an object, got {json_type(given)}")
    for name, revision in given.items():
        if isinstance(revision, bool) or not isinstance(revision, int):
            told = f"expected whole numbers, and that of {name[:140]!r} is none"
            raise InvalidField("checked", told)
    return given


def _refuse_twice(names: Sequence[str]) -> None:
    if (twice := first_twice(names)) is not None:
        raise InvalidField(twice[:140], "comes twice")


def _drain(document: Mapping[str, Any]) -> tuple[str, Drain]:
    worker = document.get("worker")
    if not isinstance(worker, str) or not worker:
        raise InvalidField("drains", "expected the name of a worker")
    return worker, drain_from_document(document)


def _zone(value: object) -> str:
    if not isinstance(value, str):
        said = "is missing" if value is None else f"expected text, got {json_type(value)}"
        raise InvalidField("zone", said)
    try:
        zone_named(value)
    except InvalidField as error:
        raise InvalidField("zone", error.reason) from error
    return value


def _told(at: object) -> str:
    """When a backup was made, for a sentence."""
    if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at <= 1000 * _LATEST_SECONDS:
        raise InvalidField("at", "expected milliseconds")
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
