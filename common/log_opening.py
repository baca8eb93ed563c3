"""Which log store a daemon has, as a record that one process can tell another; and its opening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from common.log_store import LogStore
from common.mongo_settings import MongoSettings


@dataclass(frozen=True, slots=True)
class MongoSpec:
    """The collection of a fleet."""

    settings: MongoSettings


@dataclass(frozen=True, slots=True)
class SqliteSpec:
    """The file of one machine, which another process of the same daemon holds."""

    path: Path


LogSpec = MongoSpec | SqliteSpec


def open_log_store(spec: LogSpec) -> LogStore:
    """The log store, open beside the daemon that has it; ConfigError or LogStoreError if not."""
    if isinstance(spec, SqliteSpec):
        from common.sqlite_log import SqliteLogStore

        return SqliteLogStore(spec.path, beside=True)
    from common.mongo_log import MongoLogStore

    return MongoLogStore(spec.settings)


def spec_to_document(spec: LogSpec) -> dict[str, Any]:
    """What JSON can say of it; it holds the password."""
    if isinstance(spec, SqliteSpec):
        return {"sqlite": str(spec.path)}
    settings = asdict(spec.settings)
    return {name: str(said) if isinstance(said, Path) else said for name, said in settings.items()}


def spec_from_document(document: Mapping[str, Any]) -> LogSpec:
    """The same from what was said of it; TypeError for what was not."""
    if "sqlite" in document:
        return SqliteSpec(Path(document["sqlite"]))
    paths = {each.name for each in fields(MongoSettings) if "Path" in str(each.type)}
    settings: dict[str, Any] = {
        name: Path(said) if name in paths and said is not None else said
        for name, said in document.items()
    }
    return MongoSpec(MongoSettings(**settings))
