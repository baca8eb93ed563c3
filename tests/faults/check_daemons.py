"""Invariants of the daemons: their tables are etcd's, and they neither leak nor spin."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.evidence import Case, Violation


def tables_agree(case: Case) -> Iterator[Violation]:
    """I5: what each worker takes for a job's revision is what etcd has."""
    for worker, table in case.tables.items():
        wrong = {
            job for job in table.keys() | case.jobs.keys() if table.get(job) != case.jobs.get(job)
        }
        for job in sorted(wrong)[:5]:
            what = f"has {job} at {table.get(job)}, etcd at {case.jobs.get(job)}"
            yield Violation("I5", worker, f"{what} ({len(wrong)} differ)")


def nothing_leaks(case: Case) -> Iterator[Violation]:
    """I6: descriptors, threads, leases and memory are what they were."""
    for usage in case.usage:
        grown = usage.after - usage.before
        if usage.what != "cpu" and grown > usage.allowed:
            what = f"{usage.what} {usage.before:g} -> {usage.after:g}, allowed +{usage.allowed:g}"
            yield Violation("I6", usage.who, what)


def nothing_spins(case: Case) -> Iterator[Violation]:
    """I9: no daemon uses more of a core than it is allowed."""
    for usage in case.usage:
        used = usage.after - usage.before
        if usage.what == "cpu" and used > usage.allowed:
            yield Violation("I9", usage.who, f"{used:.2f} CPU seconds, allowed {usage.allowed:.2f}")
