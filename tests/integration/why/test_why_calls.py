"""The call and the command of why: over a real socket, and what is asked wrongly."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import fleetcron
from tests.integration.mastering import Caller, a_job, served
from tests.integration.why.scene import Scene


@pytest.fixture
def master(scene: Scene) -> Iterator[Caller]:
    """A master over the scene's stores, by the real clock."""
    with served(scene.store, scene.logs) as caller:
        yield caller


def command(master: Caller, *arguments: str) -> Result:
    """`fleetcron why` with these arguments."""
    server = f"http://127.0.0.1:{master.port}"
    return CliRunner().invoke(fleetcron, ["why", *arguments, "--server", server])


def test_the_call_gives_sentences_a_cause_and_the_instant(master: Caller) -> None:
    master.save(**a_job())
    said = master.get("/api/v1/why", name="a", next=1)
    assert said.errno == 0
    assert said.data["cause"] == "fleet_stopped"
    assert said.data["answer"][0].startswith("As things are it will not run. No worker is reg")
    assert said.data["planTime"] % 3_600_000 == 0
    assert (said.data["name"], said.data["zone"]) == ("a", "UTC")
    assert said.data["runIds"] == said.data["records"] == []


def test_the_command_prints_the_sentences_one_a_line(master: Caller) -> None:
    master.save(**a_job())
    result = command(master, "a", "--next")
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()[:2]
    assert first.startswith("As things are it will not run.")
    assert second.startswith("Start a worker")


def test_the_command_prints_what_the_call_gives_as_json(master: Caller) -> None:
    master.save(**a_job())
    printed = json.loads(command(master, "a", "--at", "2020-01-01T00:00", "-o", "json").stdout)
    assert printed == master.get("/api/v1/why", name="a", at="2020-01-01T00:00").data


WRONG: list[dict[str, Any]] = [
    {"name": ""},
    {"name": "a", "at": "soon"},
    {"name": "a", "at": "nan"},
    {"name": "a", "at": "0000-01-01"},
    {"name": "a", "at": "10000-01-01"},
    {"name": "a", "at": "9" * 400},
    {"name": "a", "at": "2026-02-30"},
    {"name": "a", "at": "2026-01-01T25:00"},
    {"name": "a", "at": "2026-01-01", "last": 1},
    {"name": "a", "last": 1, "next": 1},
    {"name": "a", "last": "yes"},
    {"name": "a", "nxet": 1},
    {"name": "no/such\nname", "at": "2026-01-01"},
]


@pytest.mark.parametrize("query", WRONG, ids=str)
def test_a_question_that_is_none_is_refused_with_a_sentence(
    master: Caller, query: dict[str, Any]
) -> None:
    master.save(**a_job())
    said = master.get("/api/v1/why", **query)
    assert (said.status, said.errno) == (400, -1)
    assert "internal error" not in said.msg
    assert len(said.msg) < 300


ODD = [
    "0001-01-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999",
    "9999-12-31T23:59:59-12:00",
    "-1",
    "-999999999999999",
    "999999999999999",
    "0",
    "1969-12-31T23:00",
    "2100-01-02",
    "2026-W01-1",
    "2026-01-01T00:00:00.5",
]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Apia"])
@pytest.mark.parametrize("text", ODD)
def test_any_time_that_is_one_is_answered(master: Caller, text: str, zone: str) -> None:
    assert master.save(**a_job(cronExpr="30 2 * * *", timezone=zone)).errno == 0
    said = master.get("/api/v1/why", name="a", at=text)
    assert said.errno == 0, said.msg
    assert said.data["answer"]


@pytest.mark.parametrize(
    "arguments",
    [("a", "--last", "--next"), ("a", "--at", "", "--next"), ("a", "--at", ""), ()],
)
def test_a_command_that_asks_wrongly_is_told_so(master: Caller, arguments: tuple[str, ...]) -> None:
    assert command(master, *arguments).exit_code == 2


def test_what_a_job_is_called_cannot_forge_lines(master: Caller) -> None:
    result = command(master, "b\n\x1b[31mIt ran", "--last")
    assert result.exit_code == 1
    assert "\x1b" not in result.output


def test_a_master_whose_own_clock_is_off_says_so(scene: Scene) -> None:
    scene.job()
    scene.untrusted = True
    assert any("clock of this master is off" in each for each in scene.ask()["answer"])
