"""The cgroups that an executor makes for its runs, and the sweep of those that one left."""

from __future__ import annotations

import itertools
import logging
import os
from glob import glob
from pathlib import Path

from worker.cgroup import Cgroup
from worker.cgroup_files import read, write
from worker.cgroup_place import WANTED
from worker.cgroup_run import RunCgroup

log = logging.getLogger(__name__)

NOTE = "cgroup"
"""The file in a home that says where its executors made cgroups."""
TIDY_EACH = 64
"""After so many runs those cgroups go that were kept for what has ended since."""
MAIN, EXECUTOR, RUNS = "main", "executor", "runs"


class RunCgroups:
    """An executor's cgroups; `make` is called from any of its threads."""

    def __init__(self, path: str, controllers: frozenset[str]) -> None:
        self.controllers = controllers
        self._path = path
        self._numbers = itertools.count(1)

    def make(self) -> RunCgroup:
        """A fresh cgroup for a run; OSError when there can be no more."""
        number = next(self._numbers)
        if number % TIDY_EACH == 0:
            self._tidy()
        path = f"{self._path}/{number}"
        os.mkdir(path)
        return RunCgroup(path)

    def _tidy(self) -> None:
        for path in (entry.path for entry in os.scandir(self._path) if entry.is_dir()):
            if RunCgroup(path).is_spent():
                _clear(path)


def enter(base: str, home: Path, number: int) -> RunCgroups | None:
    """Move this process, executor `number` of `home`, into a leaf beside which its runs go.

    None where `base` is "", or cannot be used, which is logged. What is made is noted in the home,
    for whoever sweeps it.
    """
    if not base:
        return None
    leaf, runs = (_made(base, home, kind, number) for kind in (EXECUTOR, RUNS))
    try:
        (home / NOTE).write_text(base)
        os.makedirs(leaf, exist_ok=True)
        write(f"{leaf}/cgroup.procs", "0")
        # Not before we live in the leaf: another worker that tidies would take both away.
        os.makedirs(runs, exist_ok=True)
        having = read(f"{runs}/cgroup.controllers").decode().split()
        given = [each for each in WANTED if each in having]
        for controller in given:
            write(f"{runs}/cgroup.subtree_control", f"+{controller}")
    except OSError as error:
        log.error("executor %d makes no cgroups below %s: %s", number, base, error.strerror)
        return None
    return RunCgroups(runs, frozenset(given))


def sweep(home: Path, number: int | None = None) -> None:
    """End and remove what an executor of this home left, or each of them; none lives any more.

    What a run was to leave goes on.
    """
    try:
        base = (home / NOTE).read_text()
    except OSError:
        return
    which = "*" if number is None else number
    for runs in glob(_made(base, home, RUNS, which)):
        for path in (entry.path for entry in os.scandir(runs) if entry.is_dir()):
            if not RunCgroup(path).is_kept() and not Cgroup(path).remove():
                log.error("the processes in %s do not end", path)
    tidy(base, home.name)
    for leaf in glob(_made(base, home, EXECUTOR, which)):
        _clear(leaf)  # of one that ended before it had cgroups for runs


def tidy(base: str, life: str = "*") -> None:
    """Remove what a life's executors made below `base`, as far as nobody lives in it any more.

    Of an executor that lives everything stays, also where it has just begun.
    """
    for runs in glob(f"{base}/{life}-{RUNS}-*"):
        leaf = f"-{EXECUTOR}-".join(runs.rsplit(f"-{RUNS}-", 1))
        if not Cgroup(leaf).is_populated():
            for path in (runs, leaf):
                _clear(path)
    for path in glob(f"{base}/{life}-{MAIN}"):
        _clear(path)


def _clear(path: str) -> None:
    for directory, _, _ in os.walk(path, topdown=False):
        try:
            os.rmdir(directory)
        except OSError:
            continue


def _made(base: str, home: Path, kind: str, number: int | str) -> str:
    """The name of what an executor makes; the home's is its worker's life, unlike any other."""
    return f"{base}/{home.name}-{kind}-{number}"
