"""How single settings are checked, and which settings each daemon has.

A check takes the setting's name and what the file holds, and returns the value to use; it raises
`InvalidField` with what was expected.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from common.config_address import parse_address
from common.cron_zone import zone_named
from common.errors import InvalidField
from common.job import json_type
from common.labels import own_labels

Check = Callable[[str, Any], Any]

INSTANCE_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
LOG_LEVELS = ("debug", "info", "warning", "error")


def _kind(value: Any) -> str:
    return json_type(value) if value is None or type(value) in _JSON else type(value).__name__


_JSON = (bool, int, float, str, list, dict)


def text(name: str, value: Any) -> str:
    """Text without control characters."""
    if not isinstance(value, str):
        raise InvalidField(name, f"expected text, got {_kind(value)}")
    if any(ord(c) < 32 or ord(c) == 127 or "\ud800" <= c <= "\udfff" for c in value):
        raise InvalidField(name, "control characters are not allowed")
    return value


def flag(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InvalidField(name, f"expected true or false, got {_kind(value)}")
    return value


def number(low: float, high: float, whole: bool = False) -> Check:
    """A check for a number between the two, both included."""
    span = f"{low:.0f} to {high:.0f}" if whole else f"{low:g} to {high:g}"
    expected = f"expected a {'whole ' if whole else ''}number from {span}"

    def check(name: str, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidField(name, f"{expected}, got {_kind(value)}")
        if not low <= value <= high or (whole and value != int(value)):
            raise InvalidField(name, f"{expected}, got {value}")
        return int(value) if whole else float(value)

    return check


def texts(each: Check, empty: bool = True) -> Check:
    """A check for a list of texts; each is checked by `each`."""

    def check(name: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise InvalidField(name, f"expected a list of texts, got {_kind(value)}")
        if not value and not empty:
            raise InvalidField(name, "expected at least one")
        return tuple(each(name, item) for item in value)

    return check


def _filled(name: str, value: Any) -> str:
    if not text(name, value).strip():
        raise InvalidField(name, "must not be empty")
    return str(value)


def _command(name: str, value: Any) -> tuple[str, ...]:
    """A program and its arguments; a text is for the shell."""
    if isinstance(value, str):
        return ("/bin/sh", "-c", value) if text(name, value).strip() else ()
    words: tuple[str, ...] = texts(text)(name, value)
    if words and not words[0]:
        raise InvalidField(name, "expected a program first")
    return words


def _path(name: str, value: Any) -> Path | None:
    return Path(value) if text(name, value) else None


def _endpoint(name: str, value: Any) -> str:
    scheme, _, rest = ("//" + text(name, value)).rpartition("//")
    rest = rest.removesuffix("/")
    if scheme not in ("", "//http:", "//https:") or "@" in rest or "/" in rest:
        raise InvalidField(name, f"expected host:port or https://host:port, got {value!r}")
    host, port = parse_address(name, rest)
    if not host or not port:
        raise InvalidField(name, f"expected a host and a port, got {value!r}")
    return str(value).removesuffix("/")


def _listen(name: str, value: Any) -> str:
    parse_address(name, text(name, value))
    return str(value)


def _mongodb_uri(name: str, value: Any) -> str:
    if urlsplit(text(name, value)).scheme not in ("mongodb", "mongodb+srv"):
        raise InvalidField(name, "expected mongodb://host:port")
    return str(value)


def _ip(name: str, value: Any) -> str:
    if text(name, value):
        try:
            ipaddress.ip_address(value)
        except ValueError as error:
            raise InvalidField(name, f"expected an IP address, got {value!r}") from error
    return str(value)


def _one_of(allowed: tuple[str, ...]) -> Check:
    def check(name: str, value: Any) -> str:
        if text(name, value) not in allowed:
            raise InvalidField(name, f"expected one of {', '.join(allowed)}, got {value!r}")
        return str(value)

    return check


def _cgroup(name: str, value: Any) -> str:
    if text(name, value) not in ("auto", "off") and not value.startswith("/"):
        raise InvalidField(name, f"expected auto, off or an absolute path, got {value!r}")
    return str(value)


def _timezone(name: str, value: Any) -> str:
    try:
        zone_named(_filled(name, value))
    except InvalidField as error:
        raise InvalidField(name, error.reason) from error
    return str(value)


def instance(name: str, value: Any) -> str:
    """The name of one of several workers of a host; "" is the only one's."""
    given = text(name, value)
    if given and (not INSTANCE_PATTERN.fullmatch(given) or given in (".", "..")):
        raise InvalidField(
            name, f"{given!r} is not 1-64 characters of letters, digits, '.', '_' and '-'"
        )
    return given


DAY = 86_400.0
STORE_SETTINGS: Mapping[str, Check] = {
    "etcd_endpoints": texts(_endpoint, empty=False),
    "etcd_user": text,
    "etcd_password_file": _path,
    "etcd_ca_file": _path,
    "etcd_cert_file": _path,
    "etcd_key_file": _path,
    "etcd_dial_timeout_seconds": number(0.1, 300),
    "insecure_etcd": flag,
    "mongodb_uri": _mongodb_uri,
    "mongodb_connect_timeout_seconds": number(0.1, 300),
    "mongodb_user": text,
    "mongodb_password_file": _path,
    "mongodb_ca_file": _path,
    "mongodb_cert_file": _path,
    "mongodb_key_file": _path,
}
COMMON_SETTINGS: Mapping[str, Check] = {"timezone": _timezone, "log_level": _one_of(LOG_LEVELS)}
MASTER_SETTINGS: Mapping[str, Check] = {
    **STORE_SETTINGS,
    **COMMON_SETTINGS,
    "listen": _listen,
    "insecure_listen": flag,
    "allow_users": texts(_filled),
    "allowed_hosts": texts(_filled),
    "read_timeout_seconds": number(0.1, 3600),
    "write_timeout_seconds": number(0.1, 3600),
    "webroot": _path,
    "keep_days": number(0, 36_500),
    "keep_failed_days": number(0, 146_000),
    "keep_runs": number(0, 1_000_000, whole=True),
    "keep_failed_runs": number(0, 4_000_000, whole=True),
    "keep_bytes": number(0, 1 << 50, whole=True),
    "keep_audit_days": number(0, 36_500),
}
WORKER_SETTINGS: Mapping[str, Check] = {
    **STORE_SETTINGS,
    **COMMON_SETTINGS,
    "advertise_ip": _ip,
    "instance": instance,
    "labels": own_labels,
    "slots": number(0, 65_536, whole=True),
    "data_dir": _path,
    "lost_after_seconds": number(2, 3600),
    "registration_seconds": number(2, 3600),
    "stop_timeout_seconds": number(0, DAY),
    "executors": number(1, 64, whole=True),
    "executor_threads": number(1, 1024, whole=True),
    "nursery": _path,
    "cgroup": _cgroup,
    "secrets_dir": _path,
    "default_user": text,
    "allowed_users": texts(_filled),
    "spool_bytes": number(1 << 20, 1 << 40, whole=True),
    "spool_output_days": number(0.01, 3650),
    "log_batch_size": number(1, 1000, whole=True),
    "log_commit_seconds": number(0.01, 60),
    "on_failure_command": _command,
    "on_failure_timeout_seconds": number(0.1, 3600),
    "on_failure_parallel": number(1, 64, whole=True),
}
