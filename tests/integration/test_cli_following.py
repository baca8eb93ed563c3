"""Who waits for a run stays with it while its master is away for a moment, as in a restart."""

import itertools
from collections.abc import Iterator

import pytest

from cli import following
from cli.client import Master, NoAnswer, Refused
from cli.following import follow
from master.answers import answering
from master.request import Reply, Request, Sink, refusal
from tests.integration.raw_http import Toys, serving

RUN = "a@1"


def broken(sink: Sink) -> None:
    """Break off in the middle of an answer."""
    sink.write(b"{")
    raise ConnectionAbortedError


class Restarted(Toys):
    """A master that gives an answer, then breaks off so many, then gives answers again."""

    def __init__(self, breaks: int, then: Reply | None = None) -> None:
        super().__init__()
        self.calls: Iterator[int] = itertools.count()
        self._breaks, self._then = breaks, then
        self.routes.add("GET", "/api/v1/run", self.give)

    def give(self, request: Request) -> Reply:
        """The next answer."""
        call = next(self.calls)
        if 0 < call <= self._breaks:
            return Reply(200, b"", "application/json", stream=broken)
        if call and self._then:
            return self._then
        return answering(lambda _: {"call": call})(request)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PACE_SECONDS", 0.01)


def told(toys: Restarted) -> list[int]:
    """The calls whose answers came, two of them."""
    with serving(toys) as server:
        states = follow(Master(f"http://127.0.0.1:{server.address[1]}"), "a", RUN)
        return [state["call"] for state in itertools.islice(states, 2)]


def test_a_master_that_was_away_is_asked_again() -> None:
    assert told(Restarted(3)) == [0, 4]


def test_what_it_refuses_then_is_told() -> None:
    with pytest.raises(Refused, match="no such run"):
        told(Restarted(1, refusal(404, "no such run")))


def test_one_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PATIENCE_SECONDS", 0.05)
    with pytest.raises(NoAnswer):
        told(Restarted(1_000_000))
