"""Runs whose executor can open nothing more, and has nothing in reserve either."""

import json
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.cgroups import delegated

HERE = Path(__file__).parents[2]


@pytest.mark.parametrize("with_cgroup", [False, True], ids=["session", "cgroup"])
def test_a_run_that_cannot_be_looked_at_ends_as_it_did_and_its_thread_takes_the_next(
    tmp_path: Path, with_cgroup: bool
) -> None:
    with delegated() if with_cgroup else nullcontext("") as cgroup:
        words = ["-m", "tests.integration.blind_pool", str(tmp_path), str(cgroup)]
        done = subprocess.run([sys.executable, *words], cwd=HERE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    own, killed, again = map(json.loads, done.stdout.splitlines())
    assert own[:3] == ["failed", 3, "exit status 3"]
    assert own[3] == "what it left could not be looked for: too many files were open"
    assert (killed[0], killed[3].split("; ")[0]) == ("killed", "enough")
    assert again == ["success", 0, "", ""]
    assert done.stderr.count("its processes cannot be seen: ") == 2
