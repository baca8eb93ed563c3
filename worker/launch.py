"""What a command starts with: its words, its environment, its directory, and as whom it runs."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass, replace

from common.job import Job
from worker.executor_config import ExecutorConfig
from worker.helper.program import helper
from worker.helper.settings import Settings
from worker.identity import CouldNotStart, Identity, identify

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
IO_CLASSES = {"realtime": 1, "best-effort": 2, "idle": 3}
"""The numbers of ioprio_set(2)."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A command that is ready to be spawned. Before that, more may be added to `settings`.

    `directory` "" is the user's home or, where that cannot be entered, the root directory.
    """

    program: tuple[bytes, ...]
    environment: dict[bytes, bytes]
    directory: str
    umask: int
    stdin: bytes
    identity: Identity
    settings: Settings
    own_environment: bool
    """Whether the job has variables of its own."""
    open_files: int = 0
    """The soft limit of open files, where that is still to be set once it is spawned; else 0."""


def prepare(job: Job, told: dict[str, str], config: ExecutorConfig) -> Launch:
    """The launch of a job's command that is told these variables beside its own.

    CouldNotStart where this worker cannot or may not start it; ValueError for text that UTF-8
    cannot carry.
    """
    identity, files = identify(job, config), config.open_files
    settings = replace(
        identity.settings(),
        nice=job.nice or None,
        io=(IO_CLASSES[job.io_class], job.io_priority) if job.io_class in IO_CLASSES else None,
        limits=((resource.RLIMIT_NOFILE, files, _hard_limit()),) if files and helper() else (),
    )
    return Launch(
        program=tuple(word.encode() for word in _words(job)),
        environment=_environment(job, told, identity),
        directory=job.cwd,
        umask=int(job.umask, 8),
        stdin=job.stdin.encode(),
        identity=identity,
        settings=settings,
        own_environment=bool(job.env),
        open_files=0 if settings.limits else files,
    )


def home(identity: Identity) -> str:
    """The user's home if we can enter it, else /."""
    path = identity.account.home
    return path if os.path.isdir(path) and os.access(path, os.X_OK) else "/"


def _hard_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def _words(job: Job) -> tuple[str, ...]:
    if job.argv is None:
        return (job.shell, "-c", job.command)
    if not job.argv or not job.argv[0]:
        raise CouldNotStart("argv names no program")
    return job.argv


def _environment(job: Job, told: dict[str, str], identity: Identity) -> dict[bytes, bytes]:
    """The small clean base, over it the job's own, over that what the worker tells."""
    user = identity.account
    base: dict[str, str] = {
        "PATH": PATH,
        "HOME": user.home,
        "USER": user.name,
        "LOGNAME": user.name,
        "SHELL": job.shell,
        "LANG": "C.UTF-8",
    }
    return {name.encode(): value.encode() for name, value in {**base, **job.env, **told}.items()}
