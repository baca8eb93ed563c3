"""What a daemon says of an etcd that is not set up to last: once, and again when it changes."""

import logging
import queue
import threading
from collections.abc import Sequence

import pytest

from common.errors import StoreError, StoreLost, StoreRefused
from common.etcd_warner import EtcdWarner
from common.loop import Loop

PATIENCE = 60.0


class Asked:
    """Gives one answer after the other, and raises those that are errors."""

    def __init__(self, *answers: Sequence[str] | StoreError) -> None:
        self._answers = list(answers)

    def __call__(self) -> Sequence[str]:
        answer = self._answers.pop(0)
        if isinstance(answer, StoreError):
            raise answer
        return answer


def said(
    caplog: pytest.LogCaptureFixture, *answers: Sequence[str] | StoreError
) -> list[tuple[str, str]]:
    """What is logged while these are the answers."""
    caplog.set_level(logging.INFO, "common.etcd_warner")
    warner = EtcdWarner(Asked(*answers), seconds=0.0)
    for _ in answers:
        warner.step()
    return [(record.levelname, record.message) for record in caplog.records]


def test_a_warning_is_said_once_though_its_numbers_grow(caplog: pytest.LogCaptureFixture) -> None:
    grown = (["has kept all of its 51000 revisions"], ["has kept all of its 52000 revisions"])
    assert said(caplog, *grown) == [("WARNING", "has kept all of its 51000 revisions")]


def test_what_is_new_is_said_and_so_is_the_end_of_all(caplog: pytest.LogCaptureFixture) -> None:
    found = said(caplog, ["old"], ["old", "large"], [], [], ["old"])
    assert [level for level, _ in found] == ["WARNING", "WARNING", "INFO", "WARNING"]
    assert [text for _, text in found][1] == "large"


def test_an_etcd_that_does_not_tell_is_no_cause_for_alarm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = said(caplog, StoreRefused("no right"), StoreRefused("no right"), StoreLost("away"))
    assert [level for level, _ in found] == ["INFO"]
    assert "no right" in found[0][1]


def test_an_etcd_that_does_not_answer_is_asked_again_and_what_was_said_stays_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert len(said(caplog, ["old"], StoreLost("away"), ["old"])) == 1


def test_it_asks_at_once_and_its_hour_ends_when_it_is_to_stop() -> None:
    asked: queue.SimpleQueue[None] = queue.SimpleQueue()
    died = threading.Event()

    def ask() -> Sequence[str]:
        asked.put(None)
        return []

    loop = Loop(EtcdWarner(ask), lambda *_: died.set())
    loop.start()
    asked.get(timeout=PATIENCE)
    loop.ask()
    assert loop.join(PATIENCE)
    assert asked.empty()
    assert not died.is_set()
