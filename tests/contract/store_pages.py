"""Contract of a Store: what lies under a prefix, read in pages."""

from dataclasses import replace

from common.store import Entry, Put, Snapshot, Store, Transaction, delete, put
from tests.contract.store_room import StoreRoom


def paged(store: Store, prefix: str, size: int) -> list[Snapshot]:
    """All pages, one behind the other."""
    pages = [store.page(prefix, size)]
    while pages[-1].more:
        pages.append(store.page(prefix, size, pages[-1].entries[-1].key))
    return pages


def fill(store: Store, root: str, count: int) -> list[str]:
    """So many keys, in their order."""
    keys = [f"{root}{number:03}" for number in range(count)]
    store.commit(Transaction((), tuple(Put(key, key.encode()) for key in keys)))
    return keys


class PageContract(StoreRoom):
    """Pages neither miss what stands still nor repeat it, and have no other keys."""

    def test_pages_have_every_entry_once_and_in_order(self, store: Store, root: str) -> None:
        keys = fill(store, root + "in/", 7)
        for key in (root + "in", root + "in0", root + "i", root + "j"):
            put(store, key, b"out")
        pages = paged(store, root + "in/", 3)
        assert [len(page.entries) for page in pages] == [3, 3, 1]
        assert [entry.key for page in pages for entry in page.entries] == keys
        assert all(e.value == e.key.encode() for page in pages for e in page.entries)

    def test_the_first_page_begins_and_all_but_the_last_say_that_there_is_more(
        self, store: Store, root: str
    ) -> None:
        fill(store, root, 5)
        pages = paged(store, root, 2)
        assert [(page.begins, page.more) for page in pages] == [
            (True, True),
            (False, True),
            (False, False),
        ]

    def test_a_page_that_takes_all_there_is_is_the_last(self, store: Store, root: str) -> None:
        fill(store, root, 4)
        assert [len(page.entries) for page in paged(store, root, 2)] == [2, 2]
        page, whole = store.page(root, 4), store.snapshot(root)
        assert replace(page, revision=whole.revision) == whole  # a lease may end between them

    def test_a_page_of_nothing_is_empty_and_the_last(self, store: Store, root: str) -> None:
        now = put(store, root + "a", b"")
        page = store.page(root + "b/", 3)
        assert page == Snapshot(root + "b/", page.revision, ())
        assert page.revision >= now.revision
        assert store.page(root, 3, root + "a").entries == ()

    def test_each_page_shows_what_stands_when_it_is_read(self, store: Store, root: str) -> None:
        keys = fill(store, root, 4)
        first = store.page(root, 2)
        delete(store, keys[2])
        changed = put(store, keys[3], b"new")
        second = store.page(root, 2, first.entries[-1].key)
        created = first.entries[0].revision
        assert second.entries == (Entry(keys[3], b"new", changed.revision, created),)
        assert second.revision >= changed.revision

    def test_what_comes_behind_the_key_that_is_gone_is_found(self, store: Store, root: str) -> None:
        keys = fill(store, root, 3)
        delete(store, keys[1])
        assert [entry.key for entry in store.page(root, 2, keys[1]).entries] == [keys[2]]

    def test_keys_that_are_no_text_are_paged_as_well(self, store: Store, root: str) -> None:
        keys = [root + name for name in ("a\x00", "b\udcff\udc80", "中")]
        for key in sorted(keys, key=lambda each: each.encode("utf-8", "surrogateescape")):
            put(store, key, b"odd")
        found = [entry.key for page in paged(store, root, 1) for entry in page.entries]
        assert sorted(found) == sorted(keys)
