"""How the MongoDB that holds the run logs is reached. Imports nothing of MongoDB's."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from common.constants import LOG_COLLECTION, LOG_DATABASE


@dataclass(frozen=True, slots=True)
class MongoSettings:
    """Where it is, who we are, how long we wait. Secrets are not shown by repr.

    `uri` is a MongoDB connection string; the other settings win over what it says. `cert_file`
    is the client's certificate, with its key in the same file or in `key_file`.
    `operation_timeout_seconds` bounds each request, its retries included.
    """

    uri: str = field(repr=False)
    connect_timeout_seconds: float = 5.0
    operation_timeout_seconds: float = 5.0
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    database: str = LOG_DATABASE
    collection: str = LOG_COLLECTION
