"""An executor that does not come to serve, since its starter is gone or threads are: a sentence."""

import subprocess
import sys
from pathlib import Path

from tests.integration.executing import OF_OURS

SHORT = """
import re, resource, sys
from pathlib import Path
from worker import executor
size = int(re.search(r"VmSize:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) << 10
resource.setrlimit(resource.RLIMIT_AS, (size + (80 << 20), resource.RLIM_INFINITY))
sys.exit(executor.main(sys.argv[1:]))
"""
"""An executor whose address space has room for the stacks of a few threads."""


def arguments(home: Path, threads: int) -> list[str]:
    """The command line of an executor of its own home."""
    home.mkdir(mode=0o700)
    return [str(home), "0", str(threads), "INFO", OF_OURS.to_text()]


def test_an_executor_ends_by_itself_where_its_starter_died_meanwhile(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "worker.executor", *arguments(tmp_path / "home", 2)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as begun:
        assert begun.stdout
        assert begun.stderr
        begun.stdout.close()
        (said,) = begun.stderr.read().splitlines()
    assert said.endswith("executor 0 ends: nobody waits for it any more")
    assert begun.returncode == 0


def test_threads_that_cannot_be_had_at_the_start_are_said_in_a_sentence(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", SHORT, *arguments(tmp_path / "home", 200)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    (said,) = done.stderr.splitlines()
    assert "executor 0 cannot start its 200 threads: no " in said
    assert (done.returncode, done.stdout) == (1, "")
