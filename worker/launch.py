"""What a command starts with: its words, its environment, its directory, and as whom it runs."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from common.job import Job
from worker.accounts import BELIEVED_SECONDS, Account
from worker.executor_config import ExecutorConfig
from worker.helper.program import helper
from worker.helper.settings import Settings
from worker.identity import CouldNotStart, Identity, identify

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
IO_CLASSES = {"realtime": 1, "best-effort": 2, "idle": 3}
"""The numbers of ioprio_set(2)."""
UNSET = Settings()
MOST_GROUNDS = 1000


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
    home: str = "/"
    """Where it starts without a directory, if nobody is switched to."""
    open_files: int = 0
    """The soft limit of open files, where that is still to be set once it is spawned; else 0."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """What all commands have in common that run as one identity; believed until `until`."""

    identity: Identity
    settings: Settings
    environment: dict[bytes, bytes]
    home: str
    until: float


class Launcher:
    """Prepares the commands of one worker's jobs, from any thread.

    What many of them have in common is looked up once, and believed as long as accounts are.
    """

    def __init__(self, config: ExecutorConfig) -> None:
        self._config = config
        self._grounds: dict[tuple[object, ...], _Ground] = {}

    def prepare(self, job: Job, told: Mapping[str, str]) -> Launch:
        """The launch of a job's command that is told these variables beside its own.

        CouldNotStart where this worker cannot or may not start it; ValueError for text that UTF-8
        cannot carry.
        """
        ground = self._ground(job)
        said = {**job.env, **told} if job.env else told
        own = {name.encode(): value.encode() for name, value in said.items()}
        return Launch(
            program=tuple([word.encode() for word in _words(job)]),
            environment={**ground.environment, **own},
            directory=job.cwd,
            umask=int(job.umask, 8),
            stdin=job.stdin.encode(),
            identity=ground.identity,
            settings=ground.settings,
            own_environment=bool(job.env),
            home=ground.home,
            open_files=0 if ground.settings.limits else self._config.open_files,
        )

    def _ground(self, job: Job) -> _Ground:
        asked = (
            job.user, job.group, job.groups, job.nice, job.io_class, job.io_priority, job.shell
        )  # fmt: skip
        now = time.monotonic()
        found = self._grounds.get(asked)
        if found is None or found.until < now:
            if len(self._grounds) >= MOST_GROUNDS:
                self._grounds = {}
            found = self._grounds[asked] = self._look(job, now)
        return found

    def _look(self, job: Job, now: float) -> _Ground:
        identity, files = identify(job, self._config), self._config.open_files
        settings = replace(
            identity.settings(),
            nice=job.nice or None,
            io=(IO_CLASSES[job.io_class], job.io_priority) if job.io_class in IO_CLASSES else None,
            limits=((resource.RLIMIT_NOFILE, files, _hard_limit()),) if files and helper() else (),
        )
        user = identity.account
        base = {
            "PATH": PATH,
            "HOME": user.home,
            "USER": user.name,
            "LOGNAME": user.name,
            "SHELL": job.shell,
            "LANG": "C.UTF-8",
        }
        environment = {name.encode(): value.encode() for name, value in base.items()}
        if settings == UNSET:
            settings = UNSET  # The very object: whether it is that is asked for each run.
        return _Ground(identity, settings, environment, _home(user), now + BELIEVED_SECONDS)


def _home(user: Account) -> str:
    """The user's home if we can enter it, else /."""
    path = user.home
    return path if os.path.isdir(path) and os.access(path, os.X_OK) else "/"


def _hard_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def _words(job: Job) -> tuple[str, ...]:
    if job.argv is None:
        return (job.shell, "-c", job.command)
    if not job.argv or not job.argv[0]:
        raise CouldNotStart("argv names no program")
    return job.argv
