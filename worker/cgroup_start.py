"""What a worker does about cgroups when it starts: find its place, make it fit, and say so."""

from __future__ import annotations

import logging
from pathlib import Path

from worker.cgroup_place import CGROUP, Place, find, settle
from worker.cgroups import MAIN, tidy
from worker.helper.program import helper
from worker.nursery_call import NURSERY_SECONDS, nursery_pid

log = logging.getLogger(__name__)


def establish(setting: str, life: str, nursery: Path | None = None) -> Place:
    """The place for the cgroups of this worker's runs by the setting `cgroup`; said once.

    It is the nursery's where one starts the executors. Else this process may move into a leaf there
    that is called by its `life`. CgroupRefused when the setting names a directory that cannot be
    used.
    """
    place = _ready(setting, life, nursery)
    if place.directory is None:
        log.info("runs have no cgroups, limits are kept by rlimits: %s", place.why)
    elif place.limits == CGROUP:
        log.info("each run has a cgroup below %s", place.directory)
    else:
        log.info("each run has a cgroup below %s; not all limits: %s", place.directory, place.why)
    return place


def _ready(setting: str, life: str, nursery: Path | None) -> Place:
    try:
        found = find(setting, str(nursery_pid(nursery, NURSERY_SECONDS)) if nursery else "self")
    except OSError as error:
        return Place(None, why=f"its nursery in {nursery} does not answer: {error.strerror}")
    if found.directory is None:
        return found
    if helper() is None:
        return Place(None, why="this installation has no helper, by which runs would join them")
    place = settle(found, f"{life}-{MAIN}")
    tidy(str(found.directory))
    return place
