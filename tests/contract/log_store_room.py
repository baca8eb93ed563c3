"""The room of a log store's contract test: a job of its own, and short ways to write and read."""

import dataclasses
import uuid

import pytest

from common.log_store import JobLogFilter, LogStore
from common.record import JobLog

T = 1_700_000_000_000


def run(job: str, at: int, **fields: object) -> JobLog:
    """A job's record that began at T + `at` ms."""
    start = T + at
    plain = JobLog(job, "true", "", "", start, start + 1, start, start + 9, run_id=f"{job}@{start}")
    return dataclasses.replace(plain, **fields)  # type: ignore[arg-type]


def page(store: LogStore, job: str, skip: int = 0, limit: int = 100) -> list[JobLog]:
    """A page of the job's records."""
    return store.read(JobLogFilter(job), skip, limit)


class LogRoom:
    """Gives each test of a contract a job that no other test knows."""

    @pytest.fixture
    def job(self) -> str:
        """A job's name that no other test knows."""
        return f"job-{uuid.uuid4().hex}"
