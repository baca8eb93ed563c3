"""What `fleetcron logs` shows of a stream that breaks, skips, or comes in pieces of lines."""

import json
from typing import Any

import pytest

from cli import live_output
from cli.client import Master, NoAnswer, Refused
from cli.events import events
from cli.live_output import LiveOutput
from master.request import Reply, Request, Sink, refusal
from master.sse import CONTENT_TYPE, PING, RETRY, event
from tests.integration.raw_http import Toys, serving

RUN = "a@1"
END = {"state": "ended", "text": "success", "outcome": "success", "worker": "me", "runId": RUN}
RUNS = {"state": "running", "text": "runs on me", "worker": "me", "runId": RUN, "live": True}


def output(start: int, text: str, skipped: int = 0, at: int = 0) -> bytes:
    """The event of a part."""
    end = start + len(text.encode())
    said = {"from": start, "to": end, "skipped": skipped, "at": at, "text": text}
    return event("output", said, end)


class Broken(Exception):
    """The server breaks off."""


class Scripted(Toys):
    """A master that answers each call by the next of what it was given."""

    def __init__(self, *answers: tuple[bytes, ...] | Reply) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[str] = []
        self.routes.add("GET", "/api/v1/output", self.give)

    def give(self, request: Request) -> Reply:
        """The next answer; one that does not end well breaks off."""
        self.asked.append(request.query["from"])
        answer = self.answers.pop(0)
        if isinstance(answer, Reply):
            return answer

        def stream(sink: Sink) -> None:
            for piece in answer:
                sink.write(piece)
            if not answer[-1].startswith(b"event: end"):
                raise Broken

        return Reply(200, b"", CONTENT_TYPE, stream=stream)


def followed(toys: Scripted, times: bool = False) -> dict[str, Any]:
    """Follow a run to its end."""
    with serving(toys) as server:
        master = Master(f"http://127.0.0.1:{server.address[1]}")
        return LiveOutput(master, "a", RUN, 0, times).follow()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_output, "AGAIN_SECONDS", 0.01)


def test_over_breaks_each_byte_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    toys = Scripted(
        (RETRY, event("state", RUNS), output(0, "one\ntw")),
        (RETRY, PING),
        (RETRY, output(6, "o\n"), event("end", END)),
    )
    assert followed(toys) == END
    assert toys.asked == ["0", "6", "6"]
    assert capsys.readouterr().out == "one\ntwo\n"


def test_an_end_is_told_once_though_its_record_comes_later(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = event("state", RUNS | {"state": "ended", "text": "success"})
    toys = Scripted((RETRY, event("state", RUNS), known), (RETRY, known, event("end", END)))
    with serving(toys) as server:
        live = LiveOutput(Master(f"http://127.0.0.1:{server.address[1]}"), "a", RUN, 0, False)
        live.tell(live.follow())
        assert capsys.readouterr().err == f"{RUN} on me: success\n"
        live.tell(END | {"text": "failed: exit status 3"})
        assert capsys.readouterr().err == f"{RUN} on me: failed: exit status 3\n"


def test_what_was_left_out_stands_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    parts = (output(0, "one"), output(100, "two\n", 97), output(204, "three\n", 100))
    followed(Scripted((*parts, event("end", END))))
    shown = "one\n... 97 bytes not shown here ...\ntwo\n... 100 bytes not shown here ...\nthree\n"
    assert capsys.readouterr().out == shown


def test_an_end_whose_record_does_not_say_where_that_was_is_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    live = LiveOutput(Master("http://127.0.0.1:1"), "a", RUN, 0, False)
    live.tell(END | {"text": "lost"})
    live.tell(END | {"text": "lost", "worker": ""})
    assert capsys.readouterr().err == f"{RUN} on me: lost\n"


def test_of_what_did_not_come_while_it_ran_it_is_said_how_it_is_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parts = (output(0, "one\n"), output(100, "two\n", 96), output(204, "three\n", 100, at=7))
    toys = Scripted((*parts, event("end", END)))
    with serving(toys) as server:
        live = LiveOutput(Master(f"http://127.0.0.1:{server.address[1]}"), "a", RUN, 0, False)
        live.follow()
    live.tell_gaps({"endTime": 7})
    kept = f"what was kept of them: fleetcron logs a --run {RUN}"
    assert capsys.readouterr().err == f"(96 bytes were not shown; {kept})\n"


def test_the_time_stands_before_each_line_that_begins(capsys: pytest.CaptureFixture[str]) -> None:
    parts = (output(0, "one\ntw"), output(6, "o\nthree\u2028still\n"))
    followed(Scripted((*parts, event("end", END))), times=True)
    lines = capsys.readouterr().out.split("\n")
    assert [line[25:] for line in lines] == ["one", "two", "three\u2028still", ""]


def test_a_refusal_is_told_and_not_asked_again() -> None:
    with pytest.raises(Refused, match="16 runs are looked at"):
        followed(Scripted(refusal(503, "16 runs are looked at already: try again")))


def test_a_master_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_output, "PATIENCE_SECONDS", 0.05)
    with serving(Toys()) as server:
        gone = server.address[1]
    with pytest.raises(NoAnswer):
        LiveOutput(Master(f"http://127.0.0.1:{gone}"), "a", RUN, 0, False).follow()


def test_events_are_read_as_the_standard_has_them() -> None:
    lines = (
        b': ping\n\nretry: 3000\n\nevent:a\nid: 7\ndata:{"x":\ndata: 1}\r\n\ndata: 2\n\nevent: b\n'
    )
    assert list(events(lines.splitlines(keepends=True))) == [("a", {"x": 1})]
    assert json.loads(event("a", {"x": "\n"}).decode().partition("data: ")[2]) == {"x": "\n"}
