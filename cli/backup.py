"""`fleetcron backup` and `fleetcron restore`: all jobs as one file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import click

from cli.client import Master, Refused, server_option
from cli.examples import examples
from cli.job_save import bodies
from cli.json_file import reading
from cli.new_file import new_file
from cli.show import print_json
from common.counts import count_of
from common.logs import visible
from common.strict_json import first_twice, parse_object

AT_ONCE = 500
"""So many jobs go into one request, so that a store that is slow answers it in time."""


@click.command(
    epilog=examples(
        "backup --to jobs.json",
        "backup > jobs.json",
    )
)
@click.option(
    "--to", "path", metavar="FILE", type=click.Path(path_type=Path), help="Instead of stdout."
)
@server_option
def backup(path: Path | None, server: Master) -> None:
    """Write all jobs, whole, and all drains of workers as one JSON document.

    What lies in the store and is no job is left out, and named. FILE is there once all is written,
    and only its owner may read it.
    """
    document = server.get("/api/v1/backup")
    for left in document["left"]:
        said = f"{left['name']} is left out, for it is no job: {left['why']}"
        click.echo(visible(f"warning: {said}"), err=True)
    if path is None:
        print_json(document)
        return
    with new_file(path) as file:
        file.write(f"{json.dumps(document, indent=2)}\n".encode())
    click.echo(f"{count_of(len(document['jobs']), 'job')} written to {visible(str(path))}")


@click.command(
    epilog=examples(
        "restore jobs.json --check",
        "restore jobs.json",
        "restore jobs.json --prune --yes",
    )
)
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--check", is_flag=True, help="Only say what would change.")
@click.option("--prune", is_flag=True, help="Delete the jobs that the backup lacks.")
@click.option("--yes", is_flag=True, help="Do not ask before jobs are deleted.")
@click.option("--skip", is_flag=True, help="Leave out jobs that are refused.")
@server_option
def restore(file: TextIO, check: bool, prune: bool, yes: bool, skip: bool, server: Master) -> None:
    """Make each job and each drain what it was in a backup (FILE, or - for stdin), and make anew
    those that are gone. Other jobs stay.

    All are checked first: when one is refused, nothing is changed, and the exit code is 1. So it is
    where somebody changes a job meanwhile, which stays as it is, also if it was to be deleted.
    """
    document = _read(file)
    parts = _parts(document, _surplus(server, document) if prune else [])
    found = [server.post_json("/api/v1/backup?check=1", part) for part in parts]
    _say(document, found, skip)
    if check:
        _tell("would be restored", found)
        _name("would be deleted", _gone(found))
        return
    if (surplus := _gone(found)) and not yes:
        _name("is not in the backup", surplus)
        click.confirm(f"Delete {count_of(len(surplus), 'job')}?", abort=True, err=True)
    done = [
        server.post_json("/api/v1/backup", part | {"checked": _revisions(told)})
        for part, told in zip(parts, found, strict=True)
    ]
    _tell("restored", done)
    _name("deleted", _gone(done))
    _refuse_late(found, done)


def _read(file: TextIO) -> dict[str, Any]:
    with reading(file):
        document = parse_object(file.read(), file.name, once=True)
    for name in ("jobs", "drains", "left"):
        if not _is_list(document.get(name, [] if name != "jobs" else None)):
            raise click.ClickException(f"{file.name}: is no backup: {name} is no list of objects")
    return document


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _parts(document: Mapping[str, Any], surplus: Sequence[str]) -> list[dict[str, Any]]:
    """The document in as few requests as the master's limit allows; drains come first, and the
    jobs that are to be deleted last."""
    head = {name: document[name] for name in ("fleetcron", "at", "zone") if name in document}
    parts = [
        head | {kind: each[start : start + AT_ONCE]}
        for kind, items in (*_kinds(document), ("surplus", surplus))
        for each in bodies(list(items))
        for start in range(0, len(each), AT_ONCE)
    ]
    _refuse_twice([str(job.get("name")) for job in document["jobs"]])
    return parts or [head]


def _kinds(document: Mapping[str, Any]) -> list[tuple[str, Sequence[Any]]]:
    return [(kind, document.get(kind, [])) for kind in ("drains", "jobs")]


def _gone(told: Sequence[Mapping[str, Any]]) -> list[str]:
    """The jobs that are deleted, or would be."""
    return [job["name"] for part in told for job in part["surplus"] if job["changed"]]


def _refuse_twice(names: Sequence[str]) -> None:
    if (twice := first_twice(names)) is not None:
        raise Refused(f"name: {visible(twice)} comes twice; nothing was changed")


def _say(document: Mapping[str, Any], found: Sequence[Mapping[str, Any]], skip: bool) -> None:
    """Name what is refused, which ends it unless that is to be left out."""
    problems = [job for part in found for job in part["jobs"] if "problem" in job]
    for job in problems:
        click.echo(visible(f"{job['name']} is refused: {job['problem']}"), err=True)
    if problems and not skip:
        raise Refused(f"{count_of(len(problems), 'job')} refused; nothing was changed")
    here = found[0]["zone"]
    if document.get("zone") != here:
        zones = f"the backup is of a fleet in {document['zone']}, this one is in {here}"
        said = f"{zones}; each job keeps the zone that it had there"
        click.echo(visible(f"warning: {said}"), err=True)


def _revisions(told: Mapping[str, Any]) -> dict[str, int]:
    """What each job was when it was checked."""
    jobs = [*told["jobs"], *told["surplus"]]
    return {job["name"]: job["revision"] for job in jobs if "revision" in job}


def _refuse_late(found: Sequence[Mapping[str, Any]], done: Sequence[Mapping[str, Any]]) -> None:
    """Name what was not refused when it was checked, and is now."""
    before = {job["name"] for part in found for job in part["jobs"] if "problem" in job}
    late = [job for part in done for kind in ("jobs", "surplus") for job in part[kind]]
    late = [job for job in late if "problem" in job and job["name"] not in before]
    for job in late:
        click.echo(visible(f"{job['name']} stays as it is: {job['problem']}"), err=True)
    if late:
        raise Refused(f"{count_of(len(late), 'job')} left alone; look, and restore again")


def _tell(done: str, found: Sequence[Mapping[str, Any]]) -> None:
    for kind, name, what in (("drains", "worker", "the drain of "), ("jobs", "name", "")):
        each = [item for part in found for item in part[kind]]
        for item in each:
            if item["changed"]:
                click.echo(visible(f"{done}: {what}{item[name]}"))
        same = sum(not item["changed"] and "problem" not in item for item in each)
        if same and kind == "jobs":
            click.echo(f"{count_of(same, 'job')} as in the backup already")


def _name(done: str, names: Sequence[str]) -> None:
    for name in names:
        click.echo(visible(f"{done}: {name}"))


def _surplus(server: Master, document: Mapping[str, Any]) -> list[str]:
    """The jobs that are there and not in the backup, malformed ones too."""
    kept = {job.get("name") for job in document["jobs"]}
    kept |= {left.get("name") for left in document.get("left", ())}
    return [e["job"]["name"] for e in server.get("/api/v1/jobs") if e["job"]["name"] not in kept]
