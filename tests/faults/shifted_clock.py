"""A worker's own wall clock, which a test can shift while the worker runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = HERE / "clock_shift.c"


class NoCompiler(AssertionError):
    """Nothing on this machine compiles C."""


def compile_shim(folder: Path) -> Path:
    """The library that shifts a clock, compiled into `folder`, which must exist."""
    shim = folder / "clock_shift.so"
    argv = [
        *compiler(),
        "-shared",
        "-fPIC",
        "-O2",
        "-Wall",
        "-pthread",
        "-o",
        str(shim),
        str(SOURCE),
    ]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(argv)}: {done.stderr}"
    return shim


def compiler() -> Sequence[str]:
    """How C is compiled on this machine; NoCompiler says what is needed."""
    for name in ("cc", "gcc", "clang"):
        if found := shutil.which(name):
            return [found]
    have_zig = subprocess.run([sys.executable, "-c", "import ziglang"], capture_output=True)
    if have_zig.returncode == 0:
        return [sys.executable, "-m", "ziglang", "cc"]
    raise NoCompiler("the clock shim needs cc, gcc, clang or the Python package ziglang")


class ShiftedClock:
    """The clock of one daemon, right at first; any thread may shift it."""

    def __init__(self, shim: Path, file: Path) -> None:
        self._shim = shim
        self._file = file
        self._base = 0.0
        self.shift(0.0)

    def set_base(self, seconds: float) -> None:
        """Have the clock be off by so much from now on, and later shifts begin from there."""
        self._base = seconds
        self.shift(0.0)

    def shift(self, seconds: float) -> None:
        """Have the clock differ from its base by so much from now on."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{self._base + seconds:.6f}\n")
        fresh.replace(self._file)

    def environment(self) -> dict[str, str]:
        """This process's environment, with what gives a worker and its executors the clock."""
        path = os.pathsep.join(filter(None, (str(HERE / "preload"), os.environ.get("PYTHONPATH"))))
        shim = f"{self._shim}:{self._file}"
        return {**os.environ, "PYTHONPATH": path, "PYTHON_FAULTS_CLOCK": shim}
