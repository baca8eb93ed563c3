"""Calls of a master that its fixed interface does not have."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.acceptance.fleet import Master

SECONDS = 120.0
UNTOLD = (OSError, http.client.HTTPException, ValueError, AssertionError)
"""What a call raises that was not done, or of which nobody can say whether it was."""


def save_all(master: Master, jobs: Sequence[Mapping[str, Any]]) -> Any:
    """Save many jobs by one request; AssertionError unless all were saved."""
    return post(master, "/api/v1/jobs", jobs)


def healthz(master: Master) -> str:
    """What it says to probes, having checked that the status of HTTP says the same."""
    connection = http.client.HTTPConnection("127.0.0.1", master.port, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        answer = json.loads(response.read())
    finally:
        connection.close()
    assert (response.status == 200) is (answer["errno"] == 0), answer
    return str(answer["msg"])


def post(master: Master, path: str, body: Any, seconds: float = SECONDS) -> Any:
    """The `data` of the answer to a call that takes JSON.

    AssertionError for a refusal; OSError, HTTPException or ValueError where there is no answer.
    """
    connection = http.client.HTTPConnection("127.0.0.1", master.port, timeout=seconds)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", path, json.dumps(body), headers)
        answer = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    assert answer["errno"] == 0, answer
    return answer["data"]
