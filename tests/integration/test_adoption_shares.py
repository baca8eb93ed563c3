"""The watermarks of shares: found, begun, laid to rest and begun anew."""

from common import keys
from common.job import Job, pack_job
from common.store import Store, delete, put
from common.watermark import pack_watermark, unpack_watermark
from tests.integration.adopting import EVERY_MINUTE, NOW, T0, adopt, changed, owed, retire
from worker.asks import Adopt, Retire

MINE, OTHER = "10.0.0.1", "10.0.0.2"


def on_all(store: Store) -> int:
    """A job on all hosts; its revision."""
    return put(store, keys.job("a"), pack_job(Job("a", "true", EVERY_MINUTE, hosts="all"))).revision


def stands(store: Store, share: str) -> tuple[int, bool] | None:
    """A share's watermark and whether it rests."""
    entry = store.get(keys.fired(f"a#{share}"))
    return (unpack_watermark(entry.value), bool(entry.lease)) if entry else None


def test_a_share_that_is_new_begins_now_and_leaves_others_alone(any_store: Store) -> None:
    put(any_store, keys.fired(f"a#{OTHER}"), pack_watermark(T0))
    revision = on_all(any_store)
    asks = [Adopt("a", revision, share=MINE)]
    assert adopt(any_store, NOW, asks) == {f"a#{MINE}": (revision, NOW)}
    assert stands(any_store, OTHER) == (T0, False)
    assert owed(any_store) == []


def test_a_share_goes_on_from_where_it_was_when_its_worker_is_back(any_store: Store) -> None:
    revision = on_all(any_store)
    put(any_store, keys.fired(f"a#{MINE}"), pack_watermark(T0))
    assert adopt(any_store, NOW, [Adopt("a", revision, share=MINE)]) == {
        f"a#{MINE}": (revision, T0)
    }


def test_a_share_that_rests_owes_nothing_from_then_on(any_store: Store) -> None:
    revision = on_all(any_store)
    put(any_store, keys.fired(f"a#{MINE}"), pack_watermark(T0))
    versions = changed((0, EVERY_MINUTE))
    rest = Retire("a", revision, versions, MINE, revision)
    assert retire(any_store, T0 + 150_000, [rest]) == {f"a#{MINE}": revision}
    assert stands(any_store, MINE) == (T0 + 150_000, True)
    assert owed(any_store) == [("missed", T0 + 120_000, 1)]
    assert retire(any_store, NOW, [rest]) == {f"a#{MINE}": revision}
    assert adopt(any_store, NOW + 1, [Adopt("a", revision, share=MINE)]) == {
        f"a#{MINE}": (revision, max(NOW + 1, T0 + 150_001))
    }
    assert stands(any_store, MINE) == (max(NOW + 1, T0 + 150_001), False)
    assert len(owed(any_store)) == 1


def test_a_share_of_a_job_that_changed_meanwhile_is_not_laid_to_rest(any_store: Store) -> None:
    revision = on_all(any_store)
    put(any_store, keys.fired(f"a#{MINE}"), pack_watermark(T0))
    on_all(any_store)
    assert retire(any_store, NOW, [Retire("a", revision, (), MINE, revision)]) == {}
    assert stands(any_store, MINE) == (T0, False)


def test_a_deleted_job_s_share_rests_with_what_it_owed(any_store: Store) -> None:
    on_all(any_store)
    put(any_store, keys.fired(f"a#{MINE}"), pack_watermark(T0))
    gone = delete(any_store, keys.job("a")).revision
    versions = changed((0, EVERY_MINUTE), (gone, ""))
    assert retire(any_store, NOW, [Retire("a", gone, versions, MINE)]) == {f"a#{MINE}": gone}
    assert stands(any_store, MINE) == (NOW, True)
    assert [outcome for outcome, _, _ in owed(any_store)] == ["missed"]
    runs = [entry.key for entry in any_store.snapshot("/cron/runs/a/").entries]
    assert runs[0].startswith(f"/cron/runs/a/a#{MINE}@")
