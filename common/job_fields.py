"""The fields of a job: what each is called in JSON and in `Job`, and how its value is checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.errors import InvalidField
from common.field_checks import Check, number, one_of, text, truth
from common.job_surroundings import MAX_COMMAND_BYTES, SURROUNDINGS, shell
from common.labels import checked_labels
from common.selector import parse_term
from common.stream_fields import exit_codes, fail_pattern, secret_names
from common.strict_json import json_type
from common.watermark import LATEST_MS

MAX_OUTPUT_BYTES = 4 << 20
MOST_HOSTS = 1000
MOST_TERMS = 64
OVERLAPS = ("skip", "queue", "replace", "allow")
CATCH_UPS = ("skip", "latest", "all")
CUT_OFFS = ("keep", "kill")
ON_RESTARTS = ("end", "keep")
LEFTOVERS = ("kill", "keep")
MOST_MEMORY_BYTES = 1 << 50
LEAST_CPUS, MOST_CPUS = 0.01, 4096
MOST_PROCESSES = 1 << 22
MOST_OPEN_FILES = 1 << 20


def _hosts(name: str, value: Any) -> str | int:
    """Any one of the workers, all of them, or so many; one of them is any."""
    if isinstance(value, str):
        if value not in ("any", "all"):
            raise InvalidField(name, f"expected any, all or a number, got {value!r:.60}")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidField(name, f"expected any, all or a number, got {json_type(value)}")
    many: int = number(1, MOST_HOSTS, whole=True)(name, value)
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
    for label in checked_labels(name, value).values():
        text(256)(name, label)
    return dict(value)


def _cpus(name: str, value: Any) -> Any:
    """A share of the CPUs; the kernel counts in hundredths of one at the finest."""
    given = number(0, MOST_CPUS)(name, value)
    if 0 < given < LEAST_CPUS:
        raise InvalidField(name, f"{given} is less than {LEAST_CPUS}, the least there can be")
    return given


DAY = 86_400.0
FIELDS: Mapping[str, tuple[str, Check]] = {
    "name": ("name", text(4096, empty=False)),
    "command": ("command", text(MAX_COMMAND_BYTES, empty=False)),
    "cronExpr": ("cron_expr", text(1024, empty=False)),
    "cronExprSource": ("cron_expr_source", text(1024)),
    "timezone": ("timezone", text(64, empty=False)),
    "description": ("description", text(4096)),
    "owner": ("owner", text(256)),
    "labels": ("labels", _labels),
    "where": ("where", _where),
    "hosts": ("hosts", _hosts),
    "overlap": ("overlap", one_of(*OVERLAPS)),
    "startDeadlineSeconds": ("start_deadline_seconds", number(1, DAY)),
    "catchUp": ("catch_up", one_of(*CATCH_UPS)),
    "catchUpWindowSeconds": ("catch_up_window_seconds", number(0, 366 * DAY)),
    "catchUpLimit": ("catch_up_limit", number(1, 1000, whole=True)),
    "paused": ("paused", truth),
    "pausedUntil": ("paused_until", number(0, LATEST_MS, whole=True)),
    "pauseReason": ("pause_reason", text(1024)),
    "pausedBy": ("paused_by", text(256)),
    "retries": ("retries", number(0, 1000, whole=True)),
    "retryDelaySeconds": ("retry_delay_seconds", number(0, DAY)),
    "retryBackoff": ("retry_backoff", number(1, 10)),
    "retryMaxDelaySeconds": ("retry_max_delay_seconds", number(0, 7 * DAY)),
    "retryJitterSeconds": ("retry_jitter_seconds", number(0, DAY)),
    "rerunLost": ("rerun_lost", truth),
    "timeoutSeconds": ("timeout_seconds", number(0, 366 * DAY)),
    "killGraceSeconds": ("kill_grace_seconds", number(0, 3600)),
    "cutOff": ("cut_off", one_of(*CUT_OFFS)),
    "onRestart": ("on_restart", one_of(*ON_RESTARTS)),
    "leftovers": ("leftovers", one_of(*LEFTOVERS)),
    "shell": ("shell", shell),
    **SURROUNDINGS,
    "secrets": ("secrets", secret_names),
    "limitMemoryBytes": ("limit_memory_bytes", number(0, MOST_MEMORY_BYTES, whole=True)),
    "limitCpus": ("limit_cpus", _cpus),
    "limitProcesses": ("limit_processes", number(0, MOST_PROCESSES, whole=True)),
    "limitOpenFiles": ("limit_open_files", number(0, MOST_OPEN_FILES, whole=True)),
    "successExitCodes": ("success_exit_codes", exit_codes),
    "failPattern": ("fail_pattern", fail_pattern),
    "outputHeadBytes": ("output_head_bytes", number(0, MAX_OUTPUT_BYTES, whole=True)),
    "outputTailBytes": ("output_tail_bytes", number(0, MAX_OUTPUT_BYTES, whole=True)),
    "journal": ("journal", truth),
}
"""JSON name of each field: its name in `Job`, and its check."""

REQUIRED = ("name", "command", "cronExpr")
