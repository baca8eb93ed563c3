"""A file that a command writes: whole or not at all, and for its owner alone."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click

from common.logs import visible


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """A new file (0600) that takes the place of what is there, once all is written and on disk.

    What is no file, /dev/null say, is written to as it is. ClickException names the path.
    """
    real = Path(os.path.realpath(path))
    if real.exists() and not real.is_file():
        with _named(path):
            there = real.open("wb")
        with there:
            yield there
        return
    with _named(path):
        made = tempfile.NamedTemporaryFile(  # noqa: SIM115  (closed below)
            dir=real.parent, prefix=f".{real.name}.", delete=False
        )
    with made as new:
        try:
            yield new.file
            with _named(path):
                new.file.flush()
                os.fsync(new.file.fileno())
                os.replace(new.name, real)
        except BaseException:
            Path(new.name).unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{visible(str(path))}: {error.strerror or error}") from error
