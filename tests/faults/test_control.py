"""The checker on a protocol that is known to be wrong, at work on a real etcd."""

from pathlib import Path

from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from tests.faults.checker import check
from tests.faults.evidence import Case
from tests.faults.go_protocol import GoWorker
from tests.faults.promise import Promise
from tests.faults.true_clock import boot_ms, now_ms
from tests.faults.witness import Witness
from tests.servers.etcd import EtcdServer, RunningEtcd

WORKERS, INSTANTS = 4, 4


def test_the_go_protocol_runs_due_instants_more_than_once_and_the_checker_says_so(
    tmp_path: Path, clean_etcd: EtcdServer | RunningEtcd
) -> None:
    witness = Witness(tmp_path)
    asked = now_ms()
    first = (asked // 1000 + 1) * 1000
    plans = range(first, first + INSTANTS * 1000, 1000)
    store = EtcdStore(EtcdSettings((clean_etcd.client_url,)))
    try:
        workers = [GoWorker(store, "go", witness.command(), plans) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(30)
    finally:
        store.close()
    starts = witness.starts()
    assert {start.plan for start in starts} == set(plans)
    promise = Promise("go", 1000, asked, asked, plans[-1], plans[-1])
    violations = check(Case(boot_ms(), now_ms(), [promise], starts=starts))
    doubled = [violation.of for violation in violations if violation.invariant == "I1"]
    assert doubled
    assert len(doubled) <= INSTANTS < len(starts)
