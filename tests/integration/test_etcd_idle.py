"""A watch of etcd that hears nothing lets its threads wait: nothing of ours polls."""

import os
import threading
from pathlib import Path

import pytest

from common.errors import StoreLost
from common.etcd_addresses import Addresses
from common.etcd_calls import EtcdCalls
from common.etcd_protocol import STATUS, WATCH
from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.etcd_watch_place import Place
from common.etcd_watch_stream import WatchStream
from tests.scarcity import no_processes
from tests.servers.etcd import EtcdServer, RunningEtcd
from tests.waiting import stays, until

READER = "etcd-watch-reader"


def woken(name: str) -> int:
    """How often the thread of this name gave up its core to wait, so far."""
    (thread,) = [each for each in threading.enumerate() if each.name == name]
    status = Path(f"/proc/self/task/{thread.native_id}/status").read_text()
    return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])


def test_the_reader_of_a_watch_is_woken_by_answers_alone(
    etcd: EtcdServer | RunningEtcd,
) -> None:
    store = EtcdStore(EtcdSettings((etcd.endpoint,)))
    watch = store.watch(("/cron/idle/",))
    assert watch.next(10)
    until(lambda: READER in [each.name for each in threading.enumerate()], 10, "it follows")
    begun = woken(READER)
    stays(lambda: woken(READER) <= begun + 5, 1.0, "it waits")
    store.close()


def test_a_lease_is_renewed_without_a_thread(etcd: EtcdServer | RunningEtcd) -> None:
    store = EtcdStore(EtcdSettings((etcd.endpoint,)))
    lease = store.grant(30)
    seen: list[str] = []
    threading.setprofile(lambda *told: seen.append(threading.current_thread().name))
    try:
        assert store.renew(lease) == 30
    finally:
        threading.setprofile(None)
    assert seen == []
    store.close()


def test_without_threads_a_lease_is_renewed_and_a_watch_goes_on_when_there_are_some_again(
    etcd: EtcdServer | RunningEtcd,
) -> None:
    settings = EtcdSettings((etcd.endpoint,))
    calls = EtcdCalls(settings, Addresses(settings.parsed()))
    store = EtcdStore(settings)
    lease = store.grant(30)
    assert calls.metadata() is not None
    assert calls.read(STATUS, STATUS.request(), "answer")
    with no_processes(os.getpid()):
        for _ in range(3):
            with pytest.raises(StoreLost, match="no further thread"):
                WatchStream(calls)
        with pytest.raises(StoreLost, match="new thread"):
            calls.open(WATCH, iter(()), calls.metadata())
        assert store.renew(lease) == 30
    stream = WatchStream(calls)
    stream.ask(Place("/cron/idle/").request())
    assert until(stream.answer).created
    stream.close()
    calls.close()
    store.close()
