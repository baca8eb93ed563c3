"""Labels of workers and jobs: what can be one, and which a worker may be given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.errors import InvalidField
from common.selector import BUILT_IN, LABEL_MEANS, is_label, parse_term
from common.strict_json import json_type

MOST_LABELS = 64


def own_labels(name: str, value: Any) -> Mapping[str, str]:
    """The labels that a worker is given; InvalidField for what no term of a job could name.

    The built-in ones cannot be given.
    """
    labels = checked_labels(name, value)
    for label, said in labels.items():
        if label in BUILT_IN:
            raise InvalidField(name, f"{label} is a label that every worker has by itself")
        if not _can_be_named(label, said):
            raise InvalidField(name, f"no term can name {label} = {said!r:.80}")
    return labels


def registered_labels(registration: Mapping[str, Any]) -> Mapping[str, str]:
    """The labels in a worker's registration, built-in ones among them; {} where none are said."""
    return checked_labels("labels", registration.get("labels", {}))


def checked_labels(name: str, value: Any) -> Mapping[str, str]:
    """The labels of a worker or a job, as they are given; InvalidField for what can be none."""
    if not isinstance(value, dict):
        kind = json_type(value) if type(value) in (bool, int, float, str, list) else "another kind"
        raise InvalidField(name, f"expected labels, each a text, got {kind}")
    if len(value) > MOST_LABELS:
        raise InvalidField(name, f"{len(value)} labels are more than the {MOST_LABELS} allowed")
    for label, said in value.items():
        if not isinstance(label, str) or not is_label(label):
            raise InvalidField(name, f"{label!r:.80} is not {LABEL_MEANS}")
        if not isinstance(said, str):
            raise InvalidField(name, f"expected a text for {label}")
    return value


def _can_be_named(label: str, value: str) -> bool:
    try:
        return bool(value) and parse_term(f"{label}={value}").value == value
    except InvalidField:
        return False
