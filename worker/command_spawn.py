"""How a command is spawned: by vfork, in a session of its own, with a pipe for what it prints."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import time
from dataclasses import dataclass

from common.errors import FleetcronError
from worker.command_start import Start, start_of, why_not
from worker.helper.report import NOT_STARTED, REPORT_BYTES, sentence
from worker.identity import CouldNotStart
from worker.launch import Launch


class Unwatched(FleetcronError):
    """A command was spawned, could not be watched, and was killed at once."""


@dataclass(frozen=True, slots=True)
class Spawned:
    """A child that nobody but its owner reaps, and the two descriptors that tell of it.

    `output` is the pipe's read end, not blocking. The owner closes both. `report` is not its own:
    where the thread that spawned it reads what the helper reports, -1 without the helper. `born`
    (monotonic) is right before it was there.
    """

    process: subprocess.Popen[bytes]
    pidfd: int
    output: int
    report: int = -1
    born: float = 0.0

    def reaped(self, status: int) -> int:
        """Note the wait status; gives the return code, negative for a signal."""
        self.process.returncode = code = os.waitstatus_to_exitcode(status)
        return code

    def why_not(self, code: int | None) -> str:
        """Why the child, which ended with this code, never became the command; "" if it did.

        Only the thread that spawned it may ask, before it spawns another.
        """
        if self.report < 0 or code == 0:
            return ""
        try:
            report = os.read(self.report, REPORT_BYTES)
        except BlockingIOError:
            return ""
        return sentence(report) if code == NOT_STARTED else ""


def spawn(launch: Launch, null: int) -> Spawned:
    """Start the command in a session of its own, stdout and stderr in one pipe.

    Its stdin is `null` unless it has text of its own. Raises CouldNotStart, OSError or ValueError
    when nothing was started, Unwatched when it was and is dead again. A step of the helper that
    fails is heard of at the child's end.
    """
    start = start_of(launch)
    stdin = _file_of(launch.stdin) if launch.stdin else null
    try:
        output, write_end = os.pipe2(os.O_CLOEXEC)
        try:
            os.set_blocking(output, False)
            if launch.identity.switched:
                # Else its user could not open /dev/stdout and /dev/stderr.
                os.fchown(output, launch.identity.account.uid, launch.identity.gid)
            born = time.monotonic()
            process = _popen(launch, start, stdin, write_end)
        except BaseException:
            os.close(output)
            raise
        finally:
            os.close(write_end)
    finally:
        if stdin != null:
            os.close(stdin)
    if launch.open_files:
        _give_back(process.pid, launch.open_files)
    return Spawned(process, _watched(process, output), output, start.report, born)


def _popen(launch: Launch, start: Start, stdin: int, output: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            start.words,
            stdin=stdin,
            stdout=output,
            stderr=output,
            env=launch.environment,
            cwd=start.directory,
            umask=launch.umask,
            pass_fds=start.descriptors,
            start_new_session=True,
        )
    except OSError as error:
        if error.filename is None:
            raise
        raise CouldNotStart(why_not(launch, error)) from error


def _give_back(pid: int, open_files: int) -> None:
    """Without the helper a command has our own soft limit of open files for its first moment."""
    try:
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_files, hard))
    except OSError:
        pass


def _file_of(text: bytes) -> int:
    """A descriptor from which this text can be read, without a thread that writes it."""
    file = os.memfd_create("stdin", os.MFD_CLOEXEC)
    try:
        os.write(file, text)
        os.lseek(file, 0, os.SEEK_SET)
    except BaseException:
        os.close(file)
        raise
    return file


def _watched(process: subprocess.Popen[bytes], output: int) -> int:
    """A pidfd of the child; a child that cannot be watched is ended at once."""
    try:
        return os.pidfd_open(process.pid)
    except OSError as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(output)
        raise Unwatched(f"it could not be watched: {error.strerror}") from error


def widen(pipe: int, size: int) -> None:
    """Give a busy pipe more room, so that its writer is woken less often; refusal is harmless."""
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, size)
    except OSError:
        pass
