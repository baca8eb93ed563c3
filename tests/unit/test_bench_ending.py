"""A bench that is asked to end leaves nothing behind."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import until

BENCH = """
import tempfile
import threading
from bench.ending import end_tidily
end_tidily()
with tempfile.TemporaryDirectory() as scratch:
    print(scratch, flush=True)
    threading.Event().wait()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_scratch_folder_goes_with_a_bench_that_is_asked_to_end(number: int) -> None:
    argv = [sys.executable, "-c", BENCH]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        scratch = Path(child.stdout.readline().strip())
        assert scratch.is_dir()
        child.send_signal(number)
        until(lambda: child.poll() is not None, why="it ends")
    assert child.returncode == 128 + number
    assert not scratch.exists()
