"""The line to an executor: how it ends."""

import socket
import threading

import pytest

from tests.waiting import until
from worker.executor_channel import frame
from worker.executor_line import Greeted, Line
from worker.executor_peer import ExecutorPeer
from worker.hello import Hello
from worker.orders import PROTOCOL_VERSION, SPEAKS, Ack, Ended, Message, Retire
from worker.results import not_started


def test_an_executor_that_ends_with_something_unread_is_heard_out_without_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ours, its = socket.socketpair()
    its.sendall(frame(Hello(PROTOCOL_VERSION, 0, SPEAKS)))
    line = Line(ExecutorPeer(ours), ours, Greeted(ours))
    heard: list[Message] = []
    over = threading.Event()
    line.put(frame(Ack(("a@7",))) + frame(Retire(False)))
    until(lambda: its.recv(1, socket.MSG_PEEK), why="it is sent")
    its.sendall(frame(not_started("a@7", 7, "enough")))
    its.close()
    line.follow(heard.append, over.set)
    assert over.wait(60.0)
    assert [type(each) for each in heard] == [Ended]
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
