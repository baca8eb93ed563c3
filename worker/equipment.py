"""What all runs of an executor share."""

from __future__ import annotations

from pathlib import Path

from worker.cgroups import enter
from worker.executor_config import ExecutorConfig
from worker.journal_way import JournalWay
from worker.kept_pipes import KeptPipes
from worker.launch import Launcher
from worker.secret_room import SecretRoom
from worker.trees import Trees


class Equipment:
    """The configuration and what goes by it: the launcher, the room for secrets, the way to the
    journal; the trees of the runs, and the pipes of what outlives them.

    To be made on the main thread, for all threads.
    """

    def __init__(self, config: ExecutorConfig, home: Path, number: int) -> None:
        """`home` is the executors' own directory, `number` the one of this executor."""
        self.config = config
        self.launcher = Launcher(config)
        self.secrets = SecretRoom(home)
        self.trees = Trees(enter(config.cgroup, home, number))
        self.pipes = KeptPipes()
        self.journal = JournalWay(config.journal_socket)
