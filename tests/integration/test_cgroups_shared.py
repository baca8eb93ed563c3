"""Several workers on one directory of cgroups: none takes away what another has just made."""

import subprocess
import sys
from pathlib import Path

from tests.cgroups import delegated

ENTERING = """
import os, sys
from pathlib import Path
from worker import cgroups
real = os.makedirs
def makedirs(path, exist_ok):
    real(path, exist_ok=exist_ok)
    cgroups.tidy(sys.argv[1])
os.makedirs = makedirs
assert cgroups.enter(sys.argv[1], Path(sys.argv[2]), 0)
print(*sorted(path.name for path in Path(sys.argv[1]).iterdir() if path.is_dir()))
"""
"""Whenever this executor makes a directory, another worker tidies."""

SETTLING = """
import sys
from pathlib import Path
from worker import cgroups
from worker.cgroup_place import Place, settle
base, real, times = Path(sys.argv[1]), Path.mkdir, []
(base / "cgroup.procs").write_text("0")
def mkdir(path, exist_ok):
    real(path, exist_ok=exist_ok)
    if len(times) < 2:
        times.append(cgroups.tidy(str(base)))
Path.mkdir = mkdir
print(settle(Place(base), "life-main").directory, Path("/proc/self/cgroup").read_text())
"""
"""A worker whose leaf another one tidies away twice, before it lives in it."""


def said_by(program: str, *arguments: Path) -> str:
    """What the program prints."""
    argv = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def test_a_worker_that_tidies_leaves_an_executor_that_begins_its_cgroups(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with delegated() as cgroup:
        assert said_by(ENTERING, cgroup, home) == "home-executor-0 home-runs-0\n"


def test_a_worker_that_tidies_costs_another_that_begins_no_place() -> None:
    with delegated() as cgroup:
        said = said_by(SETTLING, cgroup)
        assert said.startswith(f"{cgroup} ")
        assert f"/{cgroup.name}/life-main\n" in said
