"""`fleetcron`: starts the daemons, speaks to a master over HTTP, and explains expressions."""

from __future__ import annotations

import io
import logging
import sys

import click

from cli.lazy import LazyGroup
from cli.streams import give_up_output, open_missing
from common.errors import FleetcronError
from common.logs import visible

log = logging.getLogger(__name__)


class Fleetcron(LazyGroup):
    """All commands."""

    lazy = {  # noqa: RUF012  (click builds the class; nobody changes it)
        "standalone": ("cli.standalone:standalone", "Master and worker on this machine alone."),
        "master": ("cli.daemons:master", "Start a master on etcd and MongoDB."),
        "worker": ("cli.daemons:worker", "Start a worker; list, drain and forget workers."),
        "job": ("cli.job:job", "Save, show, delete, run, kill and pause jobs; read their logs."),
        "audit": ("cli.audit:audit", "Show who did what to jobs and workers."),
        "backup": ("cli.backup:backup", "Write all jobs into one file."),
        "restore": ("cli.backup:restore", "Make all jobs what they were in a backup."),
        "logs": ("cli.logs:logs", "Show what a run printed, or prints now."),
        "search": ("cli.search:search", "Find the records of runs."),
        "stats": ("cli.stats:stats", "Say how a job's runs went."),
        "export": ("cli.export:export", "Write records as JSON lines or CSV."),
        "retention": ("cli.retention:retention", "Show how long records are kept."),
        "why": ("cli.why:why", "Say why a job did, did not or will (not) run."),
        "explain": ("cli.explain:explain", "Say in words and instants what an expression means."),
    }


@click.command(
    cls=Fleetcron,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="The exit code is 0, 1 for what failed or was refused, 2 for what was asked wrongly.",
)
@click.version_option(package_name="fleetcron", message="fleetcron %(version)s")
def fleetcron() -> None:
    """A distributed cron for fleets of bare-metal Linux hosts."""


def main() -> None:
    """Run the command line; exit code 0, 1 for what failed, 2 for what was asked wrongly."""
    open_missing()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        fleetcron(prog_name="fleetcron")
    except FleetcronError as error:
        if logging.getLogger().handlers:
            log.error("%s", error)
        else:
            click.echo(f"Error: {visible(str(error))}", err=True)
        sys.exit(1)
    except OSError as error:
        if logging.getLogger().handlers:
            raise
        give_up_output()
        click.echo(f"Error: input or output failed: {error.strerror or error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
