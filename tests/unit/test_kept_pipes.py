"""The pipes of what goes on: read to their ends, and no more of them than there is room for."""

import os

import pytest

from tests.waiting import until
from worker.kept_pipes import CHUNK_BYTES, KeptPipes


def reading(most: int) -> KeptPipes:
    """Some that are read, by a thread that must not fail."""
    made = KeptPipes(most)
    made.start(os.abort)
    return made


def pipe() -> tuple[int, int]:
    """A pipe whose read end does not block."""
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    return read_end, write_end


def test_much_more_than_a_pipe_holds_is_taken_and_its_end_is_seen() -> None:
    pipes = reading(8)
    (one, to_one), (other, to_other) = pipe(), pipe()
    assert pipes.take(one)
    assert pipes.take(other)
    for _ in range(5):
        os.write(to_one, bytes(CHUNK_BYTES))
    os.close(to_one)
    until(lambda: len(pipes) == 1, why="one's end")
    os.write(to_other, bytes(CHUNK_BYTES))
    os.close(to_other)
    until(lambda: len(pipes) == 0, why="the other's end")


def test_one_too_many_is_closed_and_there_is_room_again_after_an_end() -> None:
    pipes = reading(1)
    (one, to_one), (other, to_other), (third, to_third) = pipe(), pipe(), pipe()
    assert pipes.take(one)
    assert not pipes.take(other)
    with pytest.raises(BrokenPipeError):
        os.write(to_other, b"x")
    os.close(to_one)
    until(lambda: len(pipes) == 0, why="the first one's end")
    assert pipes.take(third)
    for end in (to_other, to_third):
        os.close(end)
    until(lambda: len(pipes) == 0, why="the last one's end")
