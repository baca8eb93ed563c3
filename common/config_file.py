"""Reading a configuration file: ours in TOML, or the fixed interface's in JSON.

In TOML a key that we do not know is an error. In JSON it is a comment, times are milliseconds
under the fixed interface's names, and our own settings go by their names in camelCase.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.config_checks import MASTER_SETTINGS, WORKER_SETTINGS, Check, number
from common.errors import ConfigError, InvalidField

MAX_FILE_BYTES = 1 << 20


def _seconds(name: str, value: Any) -> Any:
    milliseconds: float = number(0, 86_400_000)(name, value)
    return milliseconds / 1000


def _listen_port(name: str, value: Any) -> Any:
    return f"127.0.0.1:{number(0, 65_535, whole=True)(name, value)}"


def _same(name: str, value: Any) -> Any:
    return value


FIXED_KEYS: Mapping[str, tuple[str, Check]] = {
    "apiPort": ("listen", _listen_port),
    "apiReadTimeout": ("read_timeout_seconds", _seconds),
    "apiWriteTimeout": ("write_timeout_seconds", _seconds),
    "etcdEndpoints": ("etcd_endpoints", _same),
    "etcdDialTimeout": ("etcd_dial_timeout_seconds", _seconds),
    "webroot": ("webroot", _same),
    "mongodbUri": ("mongodb_uri", _same),
    "mongodbConnectTimeout": ("mongodb_connect_timeout_seconds", _seconds),
    "jobLogBatchSize": ("log_batch_size", _same),
    "jobLogCommitTimeout": ("log_commit_seconds", _seconds),
}
"""The fixed interface's keys: the setting that each sets, and how its value is turned into ours."""


def read_settings(path: Path, settings: Mapping[str, Check]) -> dict[str, Any]:
    """The checked values of the settings that the file sets, under our names.

    Relative paths are meant from the file's own directory. ConfigError names file and key.
    """
    content = _read(path)
    try:
        if path.suffix == ".json":
            given = _from_json(_parse_json(content), settings)
        else:
            given = _from_toml(_parse_toml(content), settings)
        values = {ours: _checked(settings[ours], *said) for ours, said in given.items()}
    except InvalidField as error:
        raise ConfigError(f"{path}: {error}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error
    here = path.absolute().parent
    return {k: here / v if isinstance(v, Path) else v for k, v in values.items()}


def _checked(check: Check, key: str, value: Any) -> Any:
    try:
        return check(key, value)
    except InvalidField as error:
        if key not in FIXED_KEYS or FIXED_KEYS[key][1] is not _seconds:
            raise
        raise InvalidField(key, f"{error.reason} seconds; here it is in ms") from error


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from error
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(f"{path}: more than {MAX_FILE_BYTES} bytes are not a configuration")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from error


def _parse_toml(content: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"not valid TOML: {error}") from error


def _parse_json(content: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not valid JSON: {error}") from error
    if not isinstance(document, dict):
        raise ValueError("expected a JSON object")
    return document


def _from_toml(
    document: Mapping[str, Any], settings: Mapping[str, Check]
) -> dict[str, tuple[str, Any]]:
    for key in document:
        if key not in settings:
            raise InvalidField(key, _unknown(key, settings))
    return {key: (key, value) for key, value in document.items()}


def _unknown(key: str, settings: Mapping[str, Check]) -> str:
    if key in MASTER_SETTINGS or key in WORKER_SETTINGS:
        return f"is a setting of the {'master' if key in MASTER_SETTINGS else 'worker'}"
    near = difflib.get_close_matches(key.lower(), list(settings), 1)
    return "there is no such setting" + (f"; did you mean {near[0]}?" if near else "")


def camel(name: str) -> str:
    """What one of our settings is called in a JSON file (`insecure_etcd` is `insecureEtcd`)."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _from_json(
    document: Mapping[str, Any], settings: Mapping[str, Check]
) -> dict[str, tuple[str, Any]]:
    given: dict[str, tuple[str, Any]] = {}
    names = {camel(name): (name, _same) for name in settings} | dict(FIXED_KEYS)
    for key, (name, turn) in names.items():
        if key in document and name in settings:
            if name in given:
                raise InvalidField(key, f"sets the same as {given[name][0]}; keep one of them")
            given[name] = (key, turn(key, document[key]))
    return given
