"""The call that forgets a worker."""

from common import keys
from common.store import Store, put
from common.watermark import pack_watermark
from tests.integration.mastering import NOON, Caller

FORGET = "/api/v1/worker/forget"


def test_a_worker_is_forgotten_by_a_call_that_says_what_went(master: Caller, store: Store) -> None:
    put(store, keys.fired("gone#10.0.0.1"), pack_watermark(NOON))
    answer = master.post_json(FORGET, {"worker": "10.0.0.1"})
    assert answer.data == {"worker": "10.0.0.1", "jobs": ["gone"], "drain": False}


def test_a_worker_that_cannot_be_forgotten_is_refused_by_a_sentence(
    master: Caller, store: Store
) -> None:
    put(store, keys.worker("10.0.0.1"), b"{}")
    for worker, says in (("10.0.0.1", "is registered; stop it first"), ("nobody", "nothing is")):
        answer = master.post_json(FORGET, {"worker": worker})
        assert answer.errno == -1
        assert says in answer.msg
    assert "worker" in master.post_json(FORGET, {}).msg
