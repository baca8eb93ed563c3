"""What all runs of an executor share."""

from __future__ import annotations

from pathlib import Path

from worker.executor_config import ExecutorConfig
from worker.journal_way import JournalWay
from worker.secret_room import SecretRoom


class Equipment:
    """The configuration, the room for secrets, and the way to the journal; for all threads."""

    def __init__(self, config: ExecutorConfig, home: Path) -> None:
        """`home` is the executors' own directory."""
        self.config = config
        self.secrets = SecretRoom(home)
        self.journal = JournalWay(config.journal_socket)
