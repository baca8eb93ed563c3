"""The words by which a launch is spawned: the command's own, or behind those of the helper."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass, replace

from worker.helper.program import helper, setpriv
from worker.helper.report import no_interpreter, not_run
from worker.helper.settings import Settings
from worker.identity import CouldNotStart
from worker.launch import UNSET, Launch
from worker.seat import Seat


@dataclass(frozen=True, slots=True)
class Start:
    """What is spawned where; the process inherits `descriptors`."""

    words: tuple[bytes, ...]
    directory: str | None
    descriptors: tuple[int, ...] = ()


def start_of(launch: Launch, seat: Seat) -> Start:
    """How to start it: directly if nothing has to be set first, else by the helper or setpriv.

    CouldNotStart where there is neither, OSError where there is no descriptor left.
    """
    if launch.settings is UNSET:
        return Start(launch.program, launch.directory or launch.home)
    program = helper()
    return _by_helper(program, launch, seat) if program else _by_setpriv(launch)


def why_not(launch: Launch, error: OSError) -> str:
    """Why a start failed with this error, which names the directory (text) or the program."""
    program = error.filename
    if not isinstance(program, bytes):
        return f"cwd {program}: {error.strerror}"
    if error.errno == errno.ENOENT and _is_there(program, launch):
        return no_interpreter(os.fsdecode(program))
    return not_run(os.fsdecode(program), error.errno or 0)


def _by_helper(program: str, launch: Launch, seat: Seat) -> Start:
    writer = seat.report
    home_directory = launch.identity.account.home or "/"
    settings = replace(
        launch.settings,
        directory=launch.directory or None,
        home=None if launch.directory else home_directory,
    )
    words = (f"r{writer}", *settings.words(), "--")
    return Start(
        (program.encode(), *(word.encode() for word in words), *launch.program),
        None,
        (writer, *settings.descriptors),
    )


def _by_setpriv(launch: Launch) -> Start:
    """The fall-back: a program like any other, run as root, so no variable of a job reaches it."""
    who = launch.settings
    if who != Settings(groups=who.groups, gid=who.gid, uid=who.uid) or launch.own_environment:
        raise CouldNotStart(
            "nice, ioClass, limits, and env for another user need the helper, which this"
            " installation of the worker lacks"
        )
    program = setpriv()
    if program is None:
        raise CouldNotStart("neither the helper nor setpriv is there to switch users")
    groups = ",".join(map(str, who.groups or ()))
    words = [
        program,
        f"--reuid={who.uid}",
        f"--regid={who.gid}",
        f"--groups={groups}" if groups else "--clear-groups",
        "--",
    ]
    if launch.directory:
        # We enter it as root, which says what is not there; whether its user may, env tries.
        words += ["/usr/bin/env", f"--chdir={launch.directory}"]
    return Start(
        (*(word.encode() for word in words), *launch.program),
        launch.directory or launch.home,
    )


def _is_there(program: bytes, launch: Launch) -> bool:
    """Whether the file is there, so that what was not found is what it names in its first line."""
    if b"/" in program:
        return os.path.exists(os.path.join(os.fsencode(launch.directory or "/"), program))
    path = os.fsdecode(launch.environment.get(b"PATH", b""))
    return shutil.which(program, path=path) is not None
