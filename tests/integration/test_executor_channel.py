"""What flows between main process and executor when one of them is slow, strange or gone."""

import contextlib
import socket
import threading
from collections.abc import Iterable, Iterator

import pytest

from worker.executor_channel import BACKLOG, Frames, Sender, frame
from worker.orders import KillRun, Message

MANY = 20_000

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Both ends of a connection: the sender's and its peer's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def peer(ends: Ends) -> socket.socket:
    """The end of who is sent to."""
    return ends[1]


@pytest.fixture
def sender(ends: Ends) -> Iterator[Sender]:
    """One that was started; what it has left when the test is over is sent first."""
    made = Sender(ends[0], "sender")
    made.start()
    yield made
    made.finish()
    made.join(60)


def test_who_sends_never_waits_for_a_peer_that_does_not_read(
    sender: Sender, peer: socket.socket
) -> None:
    for number in range(MANY):
        sender.put(frame(KillRun(f"job@{number}", "x" * 100)))
    sender.finish()
    assert received(peer) == [f"job@{number}" for number in range(MANY)]


def test_messages_of_many_threads_arrive_whole_and_each_threads_in_order(
    sender: Sender, peer: socket.socket
) -> None:
    def send(thread: int) -> None:
        for number in range(500):
            sender.put(frame(KillRun(f"{thread}/{number}", "y" * 3000)))

    threads = [threading.Thread(target=send, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    frames, heard = Frames(), list[str]()
    while len(heard) < 8 * 500:
        heard += names(frames.feed(peer.recv(1 << 16)))
    for number in range(8):
        own = [name for name in heard if name.startswith(f"{number}/")]
        assert own == [f"{number}/{n}" for n in range(500)]


def test_what_is_only_offered_does_not_pile_up_before_a_peer_that_does_not_read(
    sender: Sender, peer: socket.socket
) -> None:
    for number in range(MANY):
        sender.offer(frame(KillRun(f"job@{number}", "x" * 100)))
    sender.put(frame(KillRun("last", "")))
    sender.finish()
    heard = received(peer)
    assert BACKLOG < len(heard) < MANY
    assert heard == [*(f"job@{number}" for number in range(len(heard) - 1)), "last"]


def test_a_peer_that_is_gone_is_no_error_for_who_sends(sender: Sender, peer: socket.socket) -> None:
    peer.close()
    for number in range(10):
        sender.put(frame(KillRun(f"job@{number}", "")))
    sender.finish()


def test_a_peer_that_goes_while_much_waits_for_it_leaves_the_connection_to_who_reads_it(
    ends: Ends,
) -> None:
    ours, theirs = ends
    sender = Sender(ours, "sender", closes=True)
    sender.start()
    for number in range(MANY):
        sender.put(frame(KillRun(f"job@{number}", "x" * 100)))
    theirs.close()
    sender.join(0.5)
    assert ours.fileno() >= 0, "who waits for it would wait for another"
    with contextlib.suppress(ConnectionError):
        assert ours.recv(1) == b""
    sender.finish()
    sender.join(60)
    assert ours.fileno() < 0


def received(connection: socket.socket) -> list[str]:
    """The run ids of all kills that come until the peer has finished."""
    frames, heard = Frames(), list[str]()
    while data := connection.recv(1 << 16):
        heard += names(frames.feed(data))
    return heard


def names(messages: Iterable[Message]) -> list[str]:
    """The run ids of those messages that are kills."""
    return [message.run_id for message in messages if isinstance(message, KillRun)]
