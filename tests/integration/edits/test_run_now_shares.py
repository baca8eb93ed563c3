"""Asking for runs of a job on several hosts, against real stores."""

from __future__ import annotations

import pytest

from common.errors import InvalidField
from common.store import Store
from master.edits import Edits
from master.run_now import Wish
from tests.integration.edits.asking import Asking, register, triggers
from tests.integration.mastering import a_job


def test_of_a_job_on_all_hosts_each_worker_that_may_run_it_has_a_run(
    store: Store, edits: Edits, asking: Asking
) -> None:
    edits.save(a_job(hosts="all", where=["role=db"]))
    for name, role in (("w1", "db"), ("w2", "web"), ("w3", "db")):
        register(store, name, role=role)
    assert len(asking().ask(Wish("a", "ann"))) == 2
    assert {(t.share, t.worker) for t in triggers(store).values()} == {("w1", "w1"), ("w3", "w3")}
    (run_id,) = asking().ask(Wish("a", "ann", host="h-w3"))
    assert run_id.startswith("a#w3@")


def test_of_a_job_on_all_hosts_without_any_nothing_is_asked(
    store: Store, edits: Edits, asking: Asking
) -> None:
    edits.save(a_job(hosts="all"))
    with pytest.raises(InvalidField, match="no worker is there that may run the job"):
        asking().ask(Wish("a", "ann"))


def test_of_a_job_on_some_hosts_each_share_has_a_run(
    store: Store, edits: Edits, asking: Asking
) -> None:
    edits.save(a_job(hosts=3))
    for name in ("w1", "w2", "w3", "w4"):
        register(store, name)
    assert asking().doubts(Wish("a", "ann")) == []
    assert len(asking().ask(Wish("a", "ann"))) == 3
    assert {t.share for t in triggers(store).values()} == {"0", "1", "2"}


def test_of_a_job_on_more_hosts_than_may_run_it_no_worker_has_two_runs(
    store: Store, edits: Edits, asking: Asking
) -> None:
    edits.save(a_job(hosts=5, where=["role=db"]))
    register(store, "w1", role="db")
    register(store, "w2", role="db")
    register(store, "w3", role="web")
    register(store, "w4", draining=True, role="db")
    (said,) = asking().doubts(Wish("a", "ann"))
    assert said.startswith("hosts: 5 are wanted, and 2 of the registered workers may run this")
    assert asking().doubts(Wish("a", "ann", worker="w1")) == []
    assert len(asking().ask(Wish("a", "ann"))) == 2
    assert {t.share for t in triggers(store).values()} == {"0", "1"}


def test_of_a_job_on_some_hosts_that_none_may_run_now_all_shares_wait(
    store: Store, edits: Edits, asking: Asking
) -> None:
    edits.save(a_job(hosts=2, where=["role=db"]))
    register(store, "w3", role="web")
    assert len(asking().doubts(Wish("a", "ann"))) == 1
    assert len(asking().ask(Wish("a", "ann"))) == 2


def test_very_many_shares_are_asked_for_in_several_parts(
    store: Store, edits: Edits, asking: Asking
) -> None:
    edits.save(a_job(hosts="all"))
    for number in range(230):
        register(store, f"w{number}")
    assert len(set(asking().ask(Wish("a", "ann")))) == len(triggers(store)) == 230
