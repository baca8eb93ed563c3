"""What every Store promises, as one suite: a module gives a `store` fixture and a subclass."""

from tests.contract.store_batches import BatchContract
from tests.contract.store_endings import EndingContract
from tests.contract.store_entries import EntryContract
from tests.contract.store_leases import LeaseContract
from tests.contract.store_pages import PageContract
from tests.contract.store_transactions import TransactionContract
from tests.contract.store_watch_changes import WatchChangesContract
from tests.contract.store_watch_edges import WatchEdgesContract

__all__ = ["StoreContract"]


class StoreContract(
    EntryContract,
    PageContract,
    TransactionContract,
    BatchContract,
    LeaseContract,
    WatchChangesContract,
    WatchEdgesContract,
    EndingContract,
):
    """All of the seam. Derive a class from it beside a fixture `store` that gives an open Store.

    The store may hold other keys: each test works under a `root` of its own below /cron/.
    """
