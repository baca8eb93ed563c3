"""What the daemons are told at start: one frozen record each, built once from a file.

Durations are seconds. Everything here is checked when it is loaded; ConfigError names the file,
the key and what was expected.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.config_address import is_loopback, parse_address
from common.config_checks import MASTER_SETTINGS, STORE_SETTINGS, WORKER_SETTINGS, instance
from common.config_file import read_settings
from common.config_secrets import holds_password
from common.config_stores import StoreConfig, check_stores, etcd_settings, mongo_settings
from common.data_dir import default_data_dir
from common.errors import ConfigError, InvalidField
from common.keep_rules import KeepRules, keep_rules

__all__ = [
    "MasterConfig",
    "StoreConfig",
    "WorkerConfig",
    "check_listen",
    "etcd_settings",
    "load_master",
    "load_worker",
    "mongo_settings",
    "worker_data_dir",
]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MasterConfig:
    """A master's settings. `timezone` is the fleet's if no daemon has set one before."""

    stores: StoreConfig = field(default_factory=StoreConfig)
    listen: str = "127.0.0.1:8070"
    insecure_listen: bool = False
    allow_users: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    read_timeout_seconds: float = 10.0
    write_timeout_seconds: float = 60.0
    webroot: Path | None = None
    keep_days: float = 0.0
    keep_failed_days: float = 0.0
    keep_runs: int = 0
    keep_failed_runs: int = 0
    keep_bytes: int = 0
    keep_audit_days: float = 0.0
    timezone: str = "UTC"
    log_level: str = "info"

    @property
    def keeps(self) -> KeepRules:
        """How long records and the audit are kept; ConfigError where that makes no sense."""
        return keep_rules(
            self.keep_days,
            self.keep_failed_days,
            self.keep_runs,
            self.keep_failed_runs,
            self.keep_bytes,
            self.keep_audit_days,
        )

    @property
    def address(self) -> tuple[str, int]:
        """The host and port to listen on; an empty host means every IPv4 address."""
        host, port = parse_address("listen", self.listen)
        return {"localhost": "127.0.0.1", "": "0.0.0.0"}.get(host.lower(), host), port


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """A worker's settings. `data_dir` is this instance's own; `advertise_ip` "" means look.

    `slots` 0 is as many as the executors can run at once; `nursery` is the directory of what
    starts them, None for the worker itself. `spool_bytes` are what ends that wait to be recorded
    are to use on disk at most. `on_failure_command` is a program and its arguments, empty for none.
    """

    stores: StoreConfig = field(default_factory=StoreConfig)
    advertise_ip: str = ""
    instance: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    slots: int = 0
    data_dir: Path = Path("/var/lib/fleetcron")
    lost_after_seconds: float = 30.0
    registration_seconds: float = 10.0
    stop_timeout_seconds: float = 30.0
    executors: int = 2
    executor_threads: int = 64
    nursery: Path | None = None
    cgroup: str = "auto"
    secrets_dir: Path | None = None
    default_user: str = ""
    allowed_users: tuple[str, ...] = ()
    spool_bytes: int = 512 << 20
    spool_output_days: float = 7.0
    log_batch_size: int = 100
    log_commit_seconds: float = 1.0
    on_failure_command: tuple[str, ...] = ()
    on_failure_timeout_seconds: float = 60.0
    on_failure_parallel: int = 1
    timezone: str = "UTC"
    log_level: str = "info"

    @property
    def output_seconds(self) -> float:
        """`spool_output_days` in seconds."""
        return self.spool_output_days * 86400.0

    @property
    def most_runs(self) -> int:
        """How many runs it has at once."""
        return self.slots or self.executors * self.executor_threads


def load_master(path: Path) -> MasterConfig:
    """A master's configuration; what is allowed but unwise is logged as a WARNING."""
    values = read_settings(path, MASTER_SETTINGS)
    config = MasterConfig(_stores(path, values), **values)
    try:
        check_listen(config.listen, config.insecure_listen)
        _ = config.keeps
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    if config.webroot is not None:
        log.warning("webroot is not used: this master serves the page that it brings along")
    return config


def load_worker(
    path: Path, name: str = "", data: Path | None = None, nursery: Path | None = None
) -> WorkerConfig:
    """A worker's configuration; `name` is its instance. What is given overrides the file."""
    values = read_settings(path, WORKER_SETTINGS)
    stores = _stores(path, values)
    values["instance"] = name or values.get("instance", "")
    base = data or values.get("data_dir")
    values["data_dir"] = worker_data_dir(base, values["instance"])
    values["nursery"] = nursery or values.get("nursery")
    config = WorkerConfig(stores, **values)
    threads = config.executors * config.executor_threads
    if config.slots > threads:
        raise ConfigError(
            f"{path}: slots: {config.slots} runs at once are more than the {threads} that"
            f" executors ({config.executors}) times executor_threads"
            f" ({config.executor_threads}) can run"
        )
    return config


def worker_data_dir(base: Path | None, name: str) -> Path:
    """Where a worker keeps its state: `base` or the default, and below it one for an instance."""
    try:
        return (base or default_data_dir()).absolute() / instance("instance", name)
    except InvalidField as error:
        raise ConfigError(str(error)) from error


def check_listen(listen: str, insecure: bool) -> None:
    """Return when the address may be listened on; ConfigError otherwise.

    A master lets in whoever reaches an address that is not loopback, until logins exist.
    """
    try:
        host, _ = parse_address("listen", listen)
    except InvalidField as error:
        raise ConfigError(str(error)) from error
    if not is_loopback(host) and not insecure:
        raise ConfigError(
            f"listen: {listen} is not a loopback address, and whoever reaches it can run commands"
            " on every worker; keep 127.0.0.1, or say insecure_listen = true"
        )


def _stores(path: Path, values: dict[str, Any]) -> StoreConfig:
    """Take the stores' settings out of `values` and check them."""
    own: Mapping[str, Any] = {key: values.pop(key) for key in STORE_SETTINGS if key in values}
    stores = StoreConfig(**own)
    try:
        warnings = check_stores(stores)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    if holds_password(stores.mongodb_uri) and path.stat().st_mode & 0o004:
        warnings.append(f"mongodb_uri holds a password, and everyone can read {path}")
    for warning in warnings:
        log.warning("%s", warning)
    return stores
