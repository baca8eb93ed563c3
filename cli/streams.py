"""The standard streams as a program may find them: closed by its caller, or failing."""

from __future__ import annotations

import io
import os
import sys


def open_missing() -> None:
    """Put /dev/null in the place of standard streams that the caller has closed.

    Else a file or socket of ours would get such a number, and what is printed would go there.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free: `number`
    sys.stdin = sys.stdin or _nothing("r")
    sys.stdout = sys.stdout or _nothing("w")
    sys.stderr = sys.stderr or _nothing("w")


def give_up_output() -> None:
    """Forget what standard output would not take, so that the end does not try it again."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)


def _nothing(mode: str) -> io.TextIOWrapper:
    opened = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115  (the program's own)
    assert isinstance(opened, io.TextIOWrapper)
    return opened
