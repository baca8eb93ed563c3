"""A command that is being told of one record: spawned, watched, and ended with its group."""

from __future__ import annotations

import json
import logging
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Sequence
from typing import IO

from common.record import JobLog, to_document
from worker.command_group import signal_group
from worker.launch import PATH
from worker.process_table import Census

log = logging.getLogger(__name__)

OUTPUT_BYTES = 4096
"""So much of what the command prints goes to our log, the rest nowhere."""
FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.05, 1.0
_FOREVER = float("inf")


class TellingChild:
    """One `on_failure_command`, from its spawn to its reaping the property of one thread.

    It has the record as JSON on stdin and a small environment of its own, and at most `seconds`,
    together with what it leaves in its group: a mailer delivers in the background. Raises OSError
    when it cannot be started.
    """

    def __init__(self, command: Sequence[str], record: JobLog, seconds: float) -> None:
        self._run = (record.job_name, record.run_id)
        self._printed = b""
        self._late = self._dead = False
        self._look_at, self._pause = _FOREVER, FIRST_LOOK_SECONDS
        self._deadline = time.monotonic() + seconds
        with _text_file(record) as stdin:
            self._process = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=_environment(record),
                cwd="/",
                start_new_session=True,
            )
        assert self._process.stdout is not None
        self.output = self._process.stdout.fileno()
        try:
            os.set_blocking(self.output, False)
            self.pidfd = os.pidfd_open(self._process.pid)
        except OSError:
            self._reap()
            raise

    def read(self) -> bool:
        """Take what it printed; False when nothing more comes."""
        try:
            chunk = os.read(self.output, 65536)
        except BlockingIOError:
            return True
        self._printed += chunk[: OUTPUT_BYTES - len(self._printed)]
        return bool(chunk)

    @property
    def due(self) -> float:
        """When it is to be seen to, whether its descriptors say something or not (monotonic)."""
        return min(self._deadline, self._look_at)

    def died(self) -> None:
        """Its pidfd said so. What it left of its group is looked at from now on."""
        self._dead = True
        self._look_at = time.monotonic()

    def kill(self) -> None:
        """End it and its group; its pidfd tells when it is dead, if it was not."""
        self._late = True
        self._deadline = _FOREVER
        signal_group(self._process.pid, signal.SIGKILL)

    def is_over(self, now: float) -> bool:
        """Whether it is dead and has left nothing; what takes too long is killed."""
        if now >= self._deadline:
            self.kill()
        if not self._dead or self._late or now < self._look_at:
            return self._dead and self._late
        self._look_at = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_LOOK_SECONDS)
        return not self._has_left()

    def _has_left(self) -> bool:
        """Whether somebody is in its group; where nobody can look it counts for nothing."""
        try:
            others = Census().look().processes.values()
        except OSError:
            return False
        own = self._process.pid
        return any(each.group == own != each.pid and not each.is_dead for each in others)

    def conclude(self) -> None:
        """It is over: reap it, with what may be left of its group, and log how it went."""
        self.read()
        os.close(self.pidfd)
        self._reap()
        if self._printed:
            printed = self._printed.decode("utf-8", "replace").strip()
            log.debug("job=%s run=%s: on_failure_command printed: %s", *self._run, printed)
        if (code := self._process.returncode) or self._late:
            how = f"signal {-code}" if code < 0 else f"exit status {code}"
            late = "it took too long" if code else "what it left took too long"
            why = late if self._late else how
            log.warning("job=%s run=%s: on_failure_command failed: %s", *self._run, why)

    def _reap(self) -> None:
        # Before the reaping: as long as the zombie is there, no other group has this id.
        signal_group(self._process.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def _text_file(record: JobLog) -> IO[bytes]:
    """The record as an answer of the API shows it, one line of JSON in a file without a name."""
    file = os.fdopen(os.memfd_create("record", os.MFD_CLOEXEC), "w+b")
    file.write(json.dumps(to_document(record), ensure_ascii=False).encode() + b"\n")
    file.seek(0)
    return file


def _environment(record: JobLog) -> dict[bytes, bytes]:
    """All that the command gets: a small base, and what it is about; nothing of ours.

    The run's id has a name of its own: by FLEETCRON_RUN_ID a run's processes are found, and ended.
    """
    user, home = _account()
    given = {
        "PATH": PATH,
        "HOME": home,
        "USER": user,
        "LOGNAME": user,
        "LANG": "C.UTF-8",
        "FLEETCRON_JOB": record.job_name,
        "FLEETCRON_OUTCOME": record.outcome,
        "FLEETCRON_RECORD": record.run_id,
    }
    return {
        name.encode(): value.replace("\0", "").encode("utf-8", "backslashreplace")
        for name, value in given.items()
    }


def _account() -> tuple[str, str]:
    try:
        entry = pwd.getpwuid(os.geteuid())
    except KeyError:
        return str(os.geteuid()), "/"
    return entry.pw_name, entry.pw_dir
