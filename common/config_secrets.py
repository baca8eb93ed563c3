"""Secrets of a configuration: they lie in files of their own, and no log ever shows them."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from common.errors import ConfigError

MAX_SECRET_BYTES = 65_536
_USERINFO = re.compile(r"(?<=://)([^:]*):(.*)@", re.DOTALL)
_SECRET_OPTION = re.compile(r"(?i)([?&;][^=&;]*(?:password|passphrase|properties)[^=&;]*=)[^&;]*")


def check_private(key: str, path: Path) -> None:
    """Return when the file can be read by us and not by everyone; ConfigError otherwise."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
    except OSError as error:
        raise ConfigError(f"{key}: cannot read {path}: {error.strerror or error}") from error
    if not stat.S_ISREG(mode):
        raise ConfigError(f"{key}: {path} is not a file")
    if mode & stat.S_IROTH:
        raise ConfigError(
            f"{key}: everyone can read {path} (mode {stat.S_IMODE(mode):04o}); chmod 0600 it"
        )


def check_readable(key: str, path: Path) -> None:
    """Return when the file can be read by us; ConfigError otherwise."""
    try:
        path.open("rb").close()
    except OSError as error:
        raise ConfigError(f"{key}: cannot read {path}: {error.strerror or error}") from error


def read_secret(key: str, path: Path) -> str:
    """The secret in a private file, without the newline at its end; ConfigError otherwise."""
    check_private(key, path)
    with path.open("rb") as file:
        content = file.read(MAX_SECRET_BYTES + 1)
    secret = content.removesuffix(b"\n").removesuffix(b"\r")
    if not secret or len(content) > MAX_SECRET_BYTES or b"\n" in secret:
        raise ConfigError(f"{key}: {path} does not hold one line")
    try:
        return secret.decode()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{key}: {path} is not UTF-8") from error


def redact(uri: str) -> str:
    """The URI as it may be shown: a password and options that carry secrets become `***`."""
    return _SECRET_OPTION.sub(r"\1***", _USERINFO.sub(r"\1:***@", uri))


def holds_password(uri: str) -> bool:
    """Whether something in the URI is a secret."""
    return redact(uri) != uri
