"""The processors of an executor, where the host takes some of them away."""

import os
import threading

from worker.cpus import Cpus

NONE = 1023
"""No host of ours has that many: to the kernel it is a processor that was taken away."""


def test_what_is_spawned_is_kept_though_its_executors_processor_was_taken_away() -> None:
    told: list[object] = []

    def spawn() -> None:
        cpus = Cpus(0)
        cpus._own = {NONE}
        cpus.settle()
        cpus.widen()
        told.append(os.sched_getaffinity(0))
        cpus.settle()
        told.append("spawned")

    thread = threading.Thread(target=spawn)
    thread.start()
    thread.join()
    assert told == [os.sched_getaffinity(0), "spawned"]
