"""JSON files that commands read, stdin among them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TextIO

import click

from common.errors import InvalidField


@contextlib.contextmanager
def reading(file: TextIO) -> Iterator[None]:
    """Say as a ClickException what is wrong with the file where that is found meanwhile."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file.name}: not valid JSON: {error}") from error
    except InvalidField as error:
        raise click.ClickException(str(error)) from error
