"""`fleetcron standalone`: master and worker in one process, on SQLite, with nothing to install."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import click

from common import logs
from common.config import MasterConfig, StoreConfig, WorkerConfig, check_listen
from common.config_checks import COMMON_SETTINGS, LOG_LEVELS, MASTER_SETTINGS, WORKER_SETTINGS
from common.constants import API_PORT
from common.daemon import Daemon, Needed
from common.data_dir import default_data_dir, prepare_data_dir
from common.errors import ConfigError, InvalidField
from common.loop import Died, Part

log = logging.getLogger(__name__)

REGISTRATION_SECONDS = 30.0
"""Nobody else waits to hear that this worker is gone, so it need not say often that it is there."""
STORE_FILE, LOG_FILE, WORKER_DIR = "store.db", "log.db", "worker"


def _zone(context: click.Context, parameter: click.Parameter, value: str) -> str:
    try:
        return str(COMMON_SETTINGS["timezone"]("timezone", value))
    except InvalidField as error:
        raise click.BadParameter(error.reason) from error


def _labels(
    context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> Mapping[str, str]:
    given = dict(text.partition("=")[::2] for text in value)
    try:
        return dict(WORKER_SETTINGS["labels"]("labels", given))
    except InvalidField as error:
        raise click.BadParameter(error.reason) from error


def _command(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    try:
        return tuple(WORKER_SETTINGS["on_failure_command"]("on_failure_command", value))
    except InvalidField as error:
        raise click.BadParameter(error.reason) from error


def _kept(context: click.Context, parameter: click.Parameter, value: float) -> Any:
    name = parameter.name or ""
    try:
        return MASTER_SETTINGS[name](name, value)
    except InvalidField as error:
        raise click.BadParameter(error.reason) from error


def _master(**settings: Any) -> MasterConfig:
    """The master's configuration; UsageError for rules that contradict each other."""
    config = MasterConfig(StoreConfig(), **settings)
    try:
        _ = config.keeps
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    return config


@click.command()
@click.option("--listen", metavar="HOST:PORT", default=f"127.0.0.1:{API_PORT}", show_default=True)
@click.option("--data", metavar="DIR", type=click.Path(path_type=Path), help="Where all is kept.")
@click.option(
    "--timezone", default="UTC", show_default=True, callback=_zone, help="Of jobs that name none."
)
@click.option("--allow-user", "users", multiple=True, help="Another local user who gets in.")
@click.option("--allowed-host", "hosts", multiple=True, help="Another name of this machine.")
@click.option("--insecure-listen", is_flag=True, help="Let --listen be reached by others.")
@click.option(
    "--label", "labels", metavar="KEY=VALUE", multiple=True, callback=_labels,
    help="What a job's `where` can name this machine by.",
)  # fmt: skip
@click.option(
    "--on-failure", metavar="CMD", default="", callback=_command,
    help="Gets each record that is not a success as JSON on stdin.",
)  # fmt: skip
@click.option("--default-user", metavar="USER", default="", help="Of jobs that name no user.")
@click.option(
    "--run-as", "run_as", metavar="USER", multiple=True,
    help="A user that jobs may name; @GROUP: its members; *: all but root.",
)  # fmt: skip
@click.option(
    "--secrets", metavar="DIR", type=click.Path(path_type=Path),
    help="Where the files lie that jobs may name as their secrets.",
)  # fmt: skip
@click.option(
    "--keep-days", type=float, default=0.0, callback=_kept, metavar="N",
    help="Remove older records; 0 keeps all.",
)  # fmt: skip
@click.option(
    "--keep-failed-days", type=float, default=0.0, callback=_kept, metavar="N",
    help="The same of what failed, not less; 0 is four times --keep-days.",
)  # fmt: skip
@click.option(
    "--keep-runs", type=int, default=0, callback=_kept, metavar="N",
    help="Remove all but so many of each job's records, the newest; 0 keeps all.",
)  # fmt: skip
@click.option(
    "--keep-failed-runs", type=int, default=0, callback=_kept, metavar="N",
    help="The same of what failed, not less; 0 is four times --keep-runs.",
)  # fmt: skip
@click.option(
    "--keep-bytes", type=int, default=0, callback=_kept, metavar="N",
    help="Remove the oldest records where all are larger; 0 is without bound.",
)  # fmt: skip
@click.option(
    "--keep-audit-days", type=float, default=0.0, callback=_kept, metavar="N",
    help="Remove older entries of the audit; 0 keeps all.",
)  # fmt: skip
@click.option("--log-level", type=click.Choice(LOG_LEVELS), default="info", show_default=True)
def standalone(
    listen: str,
    data: Path | None,
    timezone: str,
    users: tuple[str, ...],
    hosts: tuple[str, ...],
    insecure_listen: bool,
    labels: Mapping[str, str],
    on_failure: tuple[str, ...],
    default_user: str,
    run_as: tuple[str, ...],
    secrets: Path | None,
    log_level: str,
    **keeping: Any,
) -> None:
    """Run master and worker on this machine, jobs and logs in SQLite files: no server to install,
    no configuration file."""
    logs.set_up(log_level)
    check_listen(listen, insecure_listen)
    directory = (data or default_data_dir()).absolute()
    master = _master(
        listen=listen, insecure_listen=insecure_listen, allow_users=users, allowed_hosts=hosts,
        timezone=timezone, log_level=log_level, **keeping,
    )  # fmt: skip
    worker = WorkerConfig(
        StoreConfig(),
        advertise_ip="127.0.0.1",
        registration_seconds=REGISTRATION_SECONDS,
        labels=labels,
        data_dir=directory / WORKER_DIR,
        on_failure_command=on_failure,
        default_user=default_user,
        allowed_users=run_as,
        secrets_dir=secrets.absolute() if secrets else None,
        timezone=timezone,
        log_level=log_level,
    )
    prepare_data_dir(directory)
    prepare_data_dir(worker.data_dir)
    sys.exit(run(master, worker, directory))


class Sign:
    """The last part to start: says where the page is."""

    name = "sign"

    def __init__(self, parts: Sequence[Part]) -> None:
        self._addresses = [part.address for part in parts if hasattr(part, "address")]

    def start(self) -> None:
        """Say it."""
        for host, port, *_ in self._addresses:
            log.info("open http://%s:%d/", f"[{host}]" if ":" in host else host, port)

    def ask(self) -> None:
        """Nothing is running."""

    def join(self, timeout: float) -> bool:
        """Nothing has to end."""
        return True


def run(master: MasterConfig, worker: WorkerConfig, directory: Path) -> int:
    """Run both on the SQLite files of a directory until a signal comes; the exit code."""
    from common.log_opening import SqliteSpec
    from common.sqlite_log import SqliteLogStore
    from common.sqlite_store import SqliteStore
    from master.__main__ import STOP_SECONDS
    from master.__main__ import build as build_master
    from worker.__main__ import ENDING_SECONDS
    from worker.__main__ import build as build_worker
    from worker.__main__ import leave as leave_worker

    spec = SqliteSpec(directory / LOG_FILE)
    with (
        closing(SqliteStore(directory / STORE_FILE)) as store,
        closing(SqliteLogStore(spec.path)) as log_store,
    ):

        def build(died: Died) -> Sequence[Part]:
            parts = [
                *build_worker(worker, store, log_store, spec, died),
                *build_master(master, store, log_store, died),
            ]
            return [*parts, Sign(parts)]

        seconds = worker.stop_timeout_seconds + ENDING_SECONDS + STOP_SECONDS
        needed = [Needed("the store", store.ping), Needed("the log store", log_store.ping)]
        unbuilt = partial(leave_worker, worker)
        return Daemon(needed, build, seconds, "fleetcron standalone", unbuilt).run()
