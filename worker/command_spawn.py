"""How a command is spawned: its surroundings, its pipe, and nothing of the daemon's."""

import fcntl
import os
import pwd
import signal
import subprocess
from dataclasses import dataclass
from functools import cache

from common.errors import FleetcronError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Unwatched(FleetcronError):
    """A command was spawned, could not be watched, and was killed at once."""


@dataclass(frozen=True, slots=True)
class Account:
    """The user that commands run as."""

    name: str
    home: str


@dataclass(frozen=True, slots=True)
class Spawned:
    """A child that nobody but its owner reaps, and the two descriptors that tell of it.

    `output` is the pipe's read end, not blocking. The owner closes both.
    """

    process: subprocess.Popen[bytes]
    pidfd: int
    output: int

    def reaped(self, status: int) -> int:
        """Note the wait status; gives the return code, negative for a signal."""
        self.process.returncode = code = os.waitstatus_to_exitcode(status)
        return code


@cache
def account() -> Account:
    """The account of this process; a user unknown to the host is named by its number."""
    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        return Account(str(os.getuid()), "/")
    return Account(entry.pw_name, entry.pw_dir)


def surroundings(shell: str, extra: dict[str, str]) -> dict[bytes, bytes]:
    """A command's whole environment: the small clean base and `extra`, nothing of ours.

    Raises ValueError for text that UTF-8 cannot carry.
    """
    user = account()
    base = {
        "PATH": PATH,
        "HOME": user.home,
        "USER": user.name,
        "LOGNAME": user.name,
        "SHELL": shell,
        "LANG": "C.UTF-8",
    }
    return {name.encode(): value.encode() for name, value in (base | extra).items()}


def directory() -> str:
    """Where commands start: the user's home if it can be entered, else /."""
    home = account().home
    return home if os.path.isdir(home) and os.access(home, os.X_OK) else "/"


def spawn(shell: str, command: str, environment: dict[str, str], stdin: int) -> Spawned:
    """Start `shell -c command` in a session of its own, stdout and stderr in one pipe.

    Raises OSError or ValueError when nothing was started, Unwatched when it was and is dead again.
    """
    output, write_end = os.pipe2(os.O_CLOEXEC)
    try:
        os.set_blocking(output, False)
        process = subprocess.Popen(
            [shell.encode(), b"-c", command.encode()],
            stdin=stdin,
            stdout=write_end,
            stderr=write_end,
            env=surroundings(shell, environment),
            cwd=directory(),
            start_new_session=True,
        )
    except BaseException:
        os.close(output)
        raise
    finally:
        os.close(write_end)
    return Spawned(process, _watched(process, output), output)


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
