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
from worker.helper.report import NOT_STARTED, sentence
from worker.identity import CouldNotStart
from worker.launch import Launch
from worker.seat import Seat


class Unwatched(FleetcronError):
    """A command was spawned, could not be watched, and was killed at once."""


@dataclass(frozen=True, slots=True)
class Spawned:
    """A child that nobody but its owner reaps, and the two descriptors that tell of it.

    `output` is the pipe's read end, not blocking. The owner closes both. `born` (monotonic) is
    right before it was there.
    """

    pid: int
    pidfd: int
    output: int
    born: float
    seat: Seat

    def why_not(self, code: int | None) -> str:
        """Why the child, which ended with this code, never became the command; "" if it did.

        Only the thread that spawned it may ask, before it spawns another.
        """
        report = self.seat.reported() if code else b""
        return sentence(report) if report and code == NOT_STARTED else ""


def spawn(launch: Launch, seat: Seat) -> Spawned:
    """Start the command in a session of its own, stdout and stderr in one pipe.

    Its stdin is empty unless it has text of its own. Raises CouldNotStart, OSError or ValueError
    when nothing was started, Unwatched when it was and is dead again. A step of the helper that
    fails is heard of at the child's end.
    """
    start = start_of(launch, seat)
    stdin = _file_of(launch.stdin) if launch.stdin else seat.null
    try:
        output, write_end = os.pipe2(os.O_CLOEXEC)
        try:
            os.set_blocking(output, False)
            if launch.identity.switched:
                # Else its user could not open /dev/stdout and /dev/stderr.
                os.fchown(output, launch.identity.account.uid, launch.identity.gid)
            born = time.monotonic()
            pid = _popen(launch, start, stdin, write_end)
            pidfd = _watched(pid)
        except BaseException:
            os.close(output)
            raise
        finally:
            os.close(write_end)
    finally:
        if stdin != seat.null:
            os.close(stdin)
    if launch.open_files:
        _give_back(pid, launch.open_files)
    return Spawned(pid, pidfd, output, born, seat)


def _popen(launch: Launch, start: Start, stdin: int, output: int) -> int:
    try:
        child = subprocess.Popen(
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
    child.returncode = 0  # It is reaped here by its pid: nothing is left for Popen to wait for.
    return child.pid


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


def _watched(pid: int) -> int:
    """A pidfd of the child; a child that cannot be watched is ended at once."""
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise Unwatched(f"it could not be watched: {error.strerror}") from error


def widen(pipe: int, size: int) -> None:
    """Give a busy pipe more room, so that its writer is woken less often; refusal is harmless."""
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, size)
    except OSError:
        pass
