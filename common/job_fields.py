"""The fields of a job: what each is called in JSON and in `Job`, and how its value is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from common.errors import InvalidField
from common.labels import checked_labels
from common.selector import parse_term
from common.stream_fields import exit_codes, fail_pattern
from common.strict_json import json_type
from common.watermark import LATEST_MS

MAX_COMMAND_BYTES = 100_000
"""Linux takes at most 131,072 bytes in one argument of execve; the shell's `-c` is one."""
MAX_OUTPUT_BYTES = 4 << 20
MOST_HOSTS = 1000
MOST_TERMS = 64
OVERLAPS = ("skip", "queue", "replace", "allow")
CATCH_UPS = ("skip", "latest", "all")
CUT_OFFS = ("keep", "kill")
ON_RESTARTS = ("end", "keep")
LATER = frozenset(
    "leftovers argv stdin user group groups umask cwd env secrets nice ioClass"
    " ioPriority limitMemoryBytes limitCpus limitProcesses limitOpenFiles journal".split()
)
"""Fields that are named for later: refused by a save until something implements them."""


Check = Callable[[str, Any], Any]


def _text(limit: int, empty: bool = True) -> Check:
    def check(name: str, value: Any) -> str:
        plain = type(value) is str and value.isascii() and "\0" not in value
        if plain and len(value) <= limit and (empty or value.strip()):
            return str(value)  # as nearly all are, of very many jobs
        if not isinstance(value, str):
            raise InvalidField(name, f"expected text, got {json_type(value)}")
        size = len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
        if size > limit:
            raise InvalidField(name, f"{size} bytes are more than the {limit} allowed")
        if "\0" in value:
            raise InvalidField(name, "a NUL character is not allowed")
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise InvalidField(name, "half of a surrogate pair is not text")
        if not empty and not value.strip():
            raise InvalidField(name, "must not be empty")
        return value

    return check


def _number(low: float, high: float, whole: bool = False) -> Check:
    kind = "a whole number" if whole else "a number"

    def check(name: str, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidField(name, f"expected {kind}, got {json_type(value)}")
        if not low <= value <= high or (whole and value != int(value)):
            raise InvalidField(name, f"{str(value)[:40]} is not {kind} from {low} to {high}")
        return int(value) if whole else value

    return check


def _one_of(*known: str) -> Check:
    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise InvalidField(name, f"expected one of {', '.join(known)}, got {value!r:.60}")
        return value

    return check


def _truth(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidField(name, f"expected true or false, got {json_type(value)}")
    return value


def _hosts(name: str, value: Any) -> str | int:
    """Any one of the workers, all of them, or so many; one of them is any."""
    if isinstance(value, str):
        return _one_of("any", "all")(name, value)  # type: ignore[no-any-return]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidField(name, f"expected any, all or a number, got {json_type(value)}")
    many: int = _number(1, MOST_HOSTS, whole=True)(name, value)
    return many if many > 1 else "any"


def _where(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise InvalidField(name, f"expected a list of texts, got {json_type(value)}")
    for term in value:
        if not isinstance(term, str):
            raise InvalidField(name, f"expected a list of texts, got one with {json_type(term)}")
    if len(value) > MOST_TERMS:
        raise InvalidField(name, f"{len(value)} terms are more than the {MOST_TERMS} allowed")
    return tuple(str(parse_term(term.strip())) for term in value)


def _labels(name: str, value: Any) -> dict[str, str]:
    for text in checked_labels(name, value).values():
        _text(256)(name, text)
    return dict(value)


def _shell(name: str, value: Any) -> str:
    path: str = _text(1024, empty=False)(name, value)
    if not path.startswith("/"):
        raise InvalidField(name, f"expected an absolute path, got {path!r:.60}")
    return path


DAY = 86_400.0
FIELDS: Mapping[str, tuple[str, Check]] = {
    "name": ("name", _text(4096, empty=False)),
    "command": ("command", _text(MAX_COMMAND_BYTES, empty=False)),
    "cronExpr": ("cron_expr", _text(1024, empty=False)),
    "cronExprSource": ("cron_expr_source", _text(1024)),
    "timezone": ("timezone", _text(64, empty=False)),
    "description": ("description", _text(4096)),
    "owner": ("owner", _text(256)),
    "labels": ("labels", _labels),
    "where": ("where", _where),
    "hosts": ("hosts", _hosts),
    "overlap": ("overlap", _one_of(*OVERLAPS)),
    "startDeadlineSeconds": ("start_deadline_seconds", _number(1, DAY)),
    "catchUp": ("catch_up", _one_of(*CATCH_UPS)),
    "catchUpWindowSeconds": ("catch_up_window_seconds", _number(0, 366 * DAY)),
    "catchUpLimit": ("catch_up_limit", _number(1, 1000, whole=True)),
    "paused": ("paused", _truth),
    "pausedUntil": ("paused_until", _number(0, LATEST_MS, whole=True)),
    "pauseReason": ("pause_reason", _text(1024)),
    "pausedBy": ("paused_by", _text(256)),
    "retries": ("retries", _number(0, 1000, whole=True)),
    "retryDelaySeconds": ("retry_delay_seconds", _number(0, DAY)),
    "retryBackoff": ("retry_backoff", _number(1, 10)),
    "retryMaxDelaySeconds": ("retry_max_delay_seconds", _number(0, 7 * DAY)),
    "retryJitterSeconds": ("retry_jitter_seconds", _number(0, DAY)),
    "rerunLost": ("rerun_lost", _truth),
    "timeoutSeconds": ("timeout_seconds", _number(0, 366 * DAY)),
    "killGraceSeconds": ("kill_grace_seconds", _number(0, 3600)),
    "cutOff": ("cut_off", _one_of(*CUT_OFFS)),
    "onRestart": ("on_restart", _one_of(*ON_RESTARTS)),
    "shell": ("shell", _shell),
    "successExitCodes": ("success_exit_codes", exit_codes),
    "failPattern": ("fail_pattern", fail_pattern),
    "outputHeadBytes": ("output_head_bytes", _number(0, MAX_OUTPUT_BYTES, whole=True)),
    "outputTailBytes": ("output_tail_bytes", _number(0, MAX_OUTPUT_BYTES, whole=True)),
}
"""JSON name of each field: its name in `Job`, and its check."""

REQUIRED = ("name", "command", "cronExpr")
