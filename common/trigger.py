"""A trigger: somebody asked that a job is run now. The value of a key under /cron/trigger/."""

from __future__ import annotations

import json
from dataclasses import dataclass

from common import keys
from common.constants import JOB_TRIGGER_DIR
from common.errors import InvalidField
from common.strict_json import json_type, parse_object

LASTS_MS = 600_000
"""So long a trigger may be taken up."""
_INSTANTS = range(10**13)


@dataclass(frozen=True, slots=True)
class Trigger:
    """Run a job once: asked `at` by whom, to be begun until then (epoch ms).

    `worker` or `host` say where, "" means wherever it may; `share` is that of a job on several
    hosts.
    """

    at: int
    until: int
    by: str = ""
    worker: str = ""
    host: str = ""
    share: str = ""

    def run_id(self, name: str, identity: str) -> str:
        """The run id that it becomes, which is known before anybody takes it up."""
        return keys.run_id(keys.unit(name, self.share), self.at, identity)


def pack(trigger: Trigger) -> bytes:
    """The JSON to store; what is empty is left out."""
    names = ("at", "until", "by", "worker", "host", "share")
    document = {name: value for name in names if (value := getattr(trigger, name)) != ""}
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogateescape")


def unpack(value: bytes) -> Trigger:
    """What the bytes under a trigger's key say; InvalidField when they were not written by `pack`.

    Keys of the JSON that are not known are ignored.
    """
    document = parse_object(value, "trigger")
    at, until = (_instant(document.get(name), name) for name in ("at", "until"))
    texts = [_text(document.get(name), name) for name in ("by", "worker", "host", "share")]
    return Trigger(at, until, *texts)


def split_trigger(key: str) -> tuple[str, str]:
    """The job's name and the trigger's identity that its key says; InvalidField for another's."""
    name, _, identity = key.removeprefix(JOB_TRIGGER_DIR).rpartition("/")
    if not name or not identity or keys.read_run_id(name, keys.run_id(name, 0, identity)) is None:
        raise InvalidField("key", "names no trigger of ours")
    return name, identity


def _instant(value: object, name: str) -> int:
    if type(value) is not int or value not in _INSTANTS:
        raise InvalidField(name, f"expected epoch milliseconds, got {json_type(value)}")
    return value


def _text(value: object, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidField(name, f"expected text, got {json_type(value)}")
    if name == "share" and ("@" in value or "#" in value):
        raise InvalidField(name, "expected a share's name")
    return value
