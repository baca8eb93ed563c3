"""What every store of the audit promises; a module gives a `log_store` and a subclass."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from common.audit import AuditEntry
from common.audit_store import PAGE_CHARACTERS, AuditFilter, AuditStore
from common.errors import LogStoreRefused
from common.log_store import LogStore

T = 1_700_049_600_000


def told(at: int, what: str = "changed", mark: str = "00000000", **fields: object) -> AuditEntry:
    """An entry of so many ms after a moment."""
    entry = AuditEntry(T + at, what, identity=f"{T + at:013d}-{mark}")
    return replace(entry, **fields)  # type: ignore[arg-type]


def ats(entries: list[AuditEntry]) -> list[int]:
    """When they were, in ms after the moment."""
    return [entry.at - T for entry in entries]


class AuditContract:
    """All of the seam, over a store that is empty."""

    @pytest.fixture
    def audit(self, log_store: LogStore) -> AuditStore:
        """The part of the store under test."""
        return log_store.audit

    def test_an_entry_is_read_as_it_was_written(self, audit: AuditStore) -> None:
        whole = told(
            0,
            by="ann",
            peer="10.0.0.9",
            job="a",
            run_id="a@1",
            worker="w",
            reason="a move",
            fields=("command", "owner"),
            base=2**40,
            before='{"name": "a"}',
            after='{"name": "a", "$x.y": 1}',
            left_out=True,
            revision=2**40 + 7,
        )
        audit.write([whole, told(1, "run")])
        assert audit.read(AuditFilter(), "", 10) == [told(1, "run"), whole]

    def test_what_is_there_already_stays_as_it_is(self, audit: AuditStore) -> None:
        audit.write([told(0, by="ann")])
        audit.write([told(0, by="bob"), told(1), told(0, by="eve")])
        assert [entry.by for entry in audit.read(AuditFilter(), "", 10)] == ["", "ann"]
        audit.write([])

    def test_pages_follow_each_other_without_gap_or_overlap(self, audit: AuditStore) -> None:
        audit.write([told(at // 3, mark=f"{at:08d}") for at in range(25)])
        pages, after = [], ""
        while page := audit.read(AuditFilter(), after, 10):
            pages.append(page)
            after = page[-1].identity
        assert [len(page) for page in pages] == [10, 10, 5]
        found = [entry.identity for page in pages for entry in page]
        assert found == sorted(set(found), reverse=True)
        assert len(found) == 25
        assert audit.read(AuditFilter(), "", 0) == audit.read(AuditFilter(), "", -1) == []

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            (AuditFilter(job="a"), [3, 1, 0]),
            (AuditFilter(by="bob"), [4, 1]),
            (AuditFilter(job="a", by="ann"), [3, 0]),
            (AuditFilter(whats=("deleted",)), [3]),
            (AuditFilter(whats=("deleted", "created")), [3, 0]),
            (AuditFilter(since_ms=T + 1, until_ms=T + 3), [2, 1]),
            (AuditFilter(job="a", since_ms=T + 1), [3, 1]),
            (AuditFilter(job="gone"), []),
            (AuditFilter(since_ms=2**62), []),
            (AuditFilter(until_ms=-5), []),
        ],
    )
    def test_each_filter_finds_what_it_asks_for(
        self, audit: AuditStore, wanted: AuditFilter, expected: list[int]
    ) -> None:
        entries = [
            told(0, "created", by="ann", job="a"),
            told(1, by="bob", job="a"),
            told(2, by="ann", job="b"),
            told(3, "deleted", by="ann", job="a"),
            told(4, "drained", by="bob", worker="w"),
        ]
        audit.write(entries)
        assert ats(audit.read(wanted, "", 10)) == expected
        assert [entry.at - T for entry in reversed(entries) if wanted.takes(entry)] == expected
        assert ats(audit.read(wanted, "", 1)) == expected[:1]

    def test_a_page_carries_a_bounded_amount_of_jobs(self, audit: AuditStore) -> None:
        text = secrets.token_hex(PAGE_CHARACTERS // 5)
        for at in range(5):
            audit.write([told(at, before=text, after="small")])
        page = audit.read(AuditFilter(), "", 10)
        assert [entry.left_out for entry in page] == [False, False, True, True, True]
        assert page[2].before is page[2].after is None
        assert page[0].before == text
        assert audit.read(AuditFilter(), page[1].identity, 1)[0].before == text

    def test_what_is_malformed_takes_no_place_on_a_page(self, audit: AuditStore) -> None:
        audit.write([told(at, what="" if at % 10 else "changed") for at in range(41)])
        audit.write([told(at, identity=name) for at, name in ((50, "zz"), (51, "65" * 12))])
        first = audit.read(AuditFilter(), "", 2)
        assert ats(first) == [40, 30]
        assert ats(audit.read(AuditFilter(), first[1].identity, 2)) == [20, 10]
        assert ats(audit.read(AuditFilter(), "", 10)) == [40, 30, 20, 10, 0]

    def test_an_edit_is_found_by_the_revision_that_it_gave(self, audit: AuditStore) -> None:
        audit.write([told(at, job="a", revision=at) for at in range(1, 5)])
        audit.write([told(9, "killed", job="a", revision=3), told(9, job="b", revision=9)])
        assert audit.one("a", 3) == told(3, job="a", revision=3)
        assert audit.one("a", 9) is audit.one("c", 3) is None

    def test_the_oldest_are_removed_in_small_steps(self, audit: AuditStore) -> None:
        audit.write([told(at) for at in range(10)])
        assert audit.remove(T + 5, 3) == 3
        assert ats(audit.read(AuditFilter(), "", 10)) == [9, 8, 7, 6, 5, 4, 3]
        assert audit.remove(T + 5, 3) == 2
        assert audit.remove(T + 5, 3) == audit.remove(0, 3) == 0
        assert len(audit.read(AuditFilter(), "", 10)) == 5

    def test_text_that_is_not_unicode_is_kept_readable(self, audit: AuditStore) -> None:
        audit.write([told(0, by="\udc80", job="\ud800x", fields=("\udc81",))])
        (found,) = audit.read(AuditFilter(job="\ud800x", by="\udc80"), "", 10)
        assert "80" in found.by.encode(errors="backslashreplace").decode()

    def test_after_the_store_is_closed_every_call_is_refused(
        self, log_store: LogStore, audit: AuditStore
    ) -> None:
        log_store.close()
        for call in (
            lambda: audit.write([told(0)]),
            lambda: audit.read(AuditFilter(), "", 1),
            lambda: audit.one("a", 1),
            lambda: audit.remove(T, 1),
        ):
            with pytest.raises(LogStoreRefused):
                call()
