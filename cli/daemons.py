"""`fleetcron master` and `fleetcron worker`: the daemons, from a configuration file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cli.lazy import LazyGroup
from common import logs

FILE = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=FILE, help="TOML, or the fixed interface's JSON.")
def master(config: Path) -> None:
    """Start a master on etcd and MongoDB. It holds no state: start as many as you like."""
    from common.config import load_master

    logs.set_up()
    settings = load_master(config)
    logs.set_up(settings.log_level)
    from master.__main__ import run

    sys.exit(run(settings))


class Workers(LazyGroup):
    """The commands about workers; none of them is loaded when one is started."""

    lazy = {  # noqa: RUF012  (click builds the class; nobody changes it)
        "list": ("cli.workers:list_workers", "List the workers that are registered now."),
        "drain": ("cli.worker_drain:drain", "Have a worker take no more runs."),
        "undrain": (
            "cli.worker_drain:undrain",
            "Have a worker that was drained take runs again.",
        ),
        "forget": ("cli.worker_forget:forget", "Let go of a worker that is gone for good."),
    }


@click.group(cls=Workers, invoke_without_command=True)
@click.option("--config", type=FILE, help="TOML, or the fixed interface's JSON.")
@click.option("--instance", default="", help="One of several workers of this host, by name.")
@click.option("--data", type=FILE, help="Where its state lies.")
@click.option("--nursery", type=FILE, help="Where what starts its executors listens.")
@click.pass_context
def worker(
    context: click.Context,
    config: Path | None,
    instance: str,
    data: Path | None,
    nursery: Path | None,
) -> None:
    """Start a worker on etcd and MongoDB; with a command, ask a master about workers."""
    if context.invoked_subcommand is not None:
        if config or instance or data or nursery:
            raise click.UsageError(
                "--config, --instance, --data and --nursery start a worker: give no command"
            )
        return
    if config is None:
        raise click.UsageError("Missing option '--config', or a command.")
    sys.exit(_run_worker(config, instance, data, nursery))


def _run_worker(config: Path, instance: str, data: Path | None, nursery: Path | None) -> int:
    from common.config import load_worker
    from common.data_dir import hold_data_dir, prepare_data_dir

    logs.set_up()
    settings = load_worker(config, instance, data, nursery)
    logs.set_up(settings.log_level)
    prepare_data_dir(settings.data_dir)
    hold_data_dir(settings.data_dir)
    from worker.__main__ import run

    return run(settings)
