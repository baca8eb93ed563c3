"""Instants that others have published: the manual of cron and the Go parser's documentation."""

import json
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from common.schedule import parse_schedule

VECTORS = Path(__file__).parents[1] / "vectors"


def published() -> list[Any]:
    """Every vector of every file, named by its file and what it is about."""
    return [
        pytest.param(vector, id=f"{file.stem}: {vector['about']}")
        for file in sorted(VECTORS.glob("*.json"))
        for vector in json.loads(file.read_text())["vectors"]
    ]


@pytest.mark.parametrize("vector", published())
def test_a_published_expression_is_due_when_its_source_says(vector: dict[str, Any]) -> None:
    after = datetime.fromisoformat(vector["after"]).replace(tzinfo=UTC)
    due = parse_schedule(vector["expr"]).between(int(after.timestamp() * 1000), 1 << 50)
    found = list(islice(due, max(1, len(vector["next"]))))
    texts = [f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%M:%S}" for ms in found]
    assert texts == vector["next"]


def test_every_file_of_vectors_names_its_source() -> None:
    files = sorted(VECTORS.glob("*.json"))
    assert [file.stem for file in files] == ["cronexpr", "crontab5"]
    assert all(json.loads(file.read_text())["source"] for file in files)
