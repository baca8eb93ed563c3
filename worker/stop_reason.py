"""Whether the end of this process is one before its next life: a restart, and not a stop.

Only systemd can say so: while it restarts a unit it has a job of that kind for it. Whatever is not
known to be a restart is a stop.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from common.loop import Died

log = logging.getLogger(__name__)

UNIT = "FLEETCRON_UNIT"
"""What the service file says that the unit is called; else the control group does."""
ANSWER_SECONDS = 3.0
RESTARTS = frozenset(("restart", "try-restart", "reload-or-restart", "start"))
"""Jobs after which the unit runs again. A restart becomes a start once the unit has stopped."""
_KINDS = (".service", ".scope", ".slice")


class StopReason:
    """Asked once a stop has begun. A daemon of which a part died is started again, if by anybody:
    what may outlive it should.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._failed = False

    def watching(self, died: Died) -> Died:
        """What is to be told of the death of a part, to know of it here too."""

        def heard(name: str, error: BaseException) -> None:
            self._failed = True
            died(name, error)

        return heard

    def is_restart(self) -> bool:
        """Whether runs are to be left to a next life. Takes `ANSWER_SECONDS` at most."""
        if self._failed:
            return True
        unit, user = self._unit()
        if not unit:
            return False
        kind = _job_of(unit, user)
        log.info("systemd's job for %s: %s", unit, kind or "none")
        return kind in RESTARTS

    def _unit(self) -> tuple[str, bool]:
        """The unit that systemd started us as, "" for none, and whether a user's manager did."""
        if not {"INVOCATION_ID", "NOTIFY_SOCKET"} & self._environment.keys():
            return "", False
        try:
            text = Path("/proc/self/cgroup").read_text()
        except OSError:
            text = ""
        unit, user = unit_of(text)
        return self._environment.get(UNIT, unit), user


def unit_of(text: str) -> tuple[str, bool]:
    """The service that /proc/self/cgroup names, "" for none; and whether it is a user's own."""
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number != "0" and controllers != "name=systemd":
            continue
        units = [part for part in path.split("/") if part.endswith(_KINDS)]
        if units and units[-1].endswith(".service"):
            return units[-1], any(part.startswith("user@") for part in units[:-1])
    return "", False


def _job_of(unit: str, user: bool) -> str:
    """What systemd is doing with the unit, as it calls it; "" for nothing, or where unknown."""
    scope = ["--user"] if user else []
    asked = ["systemctl", *scope, "list-jobs", "--no-legend", "--no-pager", "--plain", "--full"]
    try:
        said = subprocess.run(
            [*asked, unit],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ANSWER_SECONDS,
            check=True,
        ).stdout.decode("utf-8", "replace")
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("systemd does not say why we are to stop (%s): runs are ended", error)
        return ""
    # JOB UNIT TYPE STATE
    jobs = [line.split() for line in said.splitlines()]
    return next((job[2] for job in jobs if len(job) >= 3 and job[1] == unit), "")
