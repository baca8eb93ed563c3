"""What executors are told of their worker's configuration, once, when they are started."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # an executor is spared what it takes to read a configuration
    from pathlib import Path

    from common.config import WorkerConfig


@dataclass(frozen=True, slots=True)
class ExecutorConfig:
    """The worker's settings that its executors go by, as plain texts, numbers and lists.

    `secrets_dir` "" means that the worker has no secrets, `default_user` "" the worker's own user
    or, if that is root, `nobody`. `allowed_users` are names, `@GROUP` or `*`. `nursery` is the
    directory of the one that starts them, "" for the main process itself. `cgroup` is the
    directory below which those of runs are made, "" that there are none. `journal_socket` is the
    system's journal. `open_files` is the executor's own to fill in: the soft limit of open files
    that it gives to commands where it has raised its own, else 0. `spool_bytes` is what it is to
    use at most of the disk for ends that wait, `output_seconds` how long their outputs do.
    """

    secrets_dir: str = ""
    default_user: str = ""
    allowed_users: tuple[str, ...] = ()
    nursery: str = ""
    cgroup: str = ""
    open_files: int = 0
    journal_socket: str = "/run/systemd/journal/socket"
    spool_bytes: int = 256 << 20
    output_seconds: float = 7 * 86400.0

    def to_text(self) -> str:
        """One word for a command line; nothing in it is secret."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> ExecutorConfig:
        """What `to_text` said; ValueError for any other text."""
        try:
            said: dict[str, Any] = json.loads(text)
            for name, value in said.items():
                said[name] = tuple(value) if isinstance(value, list) else value
            return cls(**said)
        except (AttributeError, TypeError) as error:
            raise ValueError(f"no configuration of an executor: {error}") from error


def executor_config(config: WorkerConfig, cgroup: Path | None) -> ExecutorConfig:
    """What the executors of a worker with this configuration are told; `cgroup` is for its runs."""
    return ExecutorConfig(
        secrets_dir=str(config.secrets_dir or ""),
        default_user=config.default_user,
        allowed_users=config.allowed_users,
        nursery=str(config.nursery or ""),
        cgroup=str(cgroup or ""),
        spool_bytes=config.spool_bytes // config.executors,
        output_seconds=config.output_seconds,
    )
