"""The lease on which the watermarks rest that an edit lays to rest."""

from __future__ import annotations

import logging

from common.constants import FORGET_WATERMARK_SECONDS
from common.errors import StoreError
from common.store import Store
from master.refusals import OutcomeUnknown

log = logging.getLogger(__name__)


class Rest:
    """Granted when it is first asked for; it lasts as long as a deleted job's watermark is kept.

    At the end of its context it is given up, unless the edit is `used`: done, or perhaps done.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lease = 0
        self.used = False

    def __enter__(self) -> Rest:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not self._lease or self.used or isinstance(error, OutcomeUnknown):
            return
        try:
            self._store.revoke(self._lease)
        except StoreError as problem:
            log.debug("an unused lease is left to run out: %s", problem)

    @property
    def lease(self) -> int:
        """The lease; the store's errors."""
        if not self._lease:
            self._lease = self._store.grant(FORGET_WATERMARK_SECONDS)
        return self._lease
