"""Judges what was measured and explained of searches, and says which figure comes from where."""

from __future__ import annotations

from collections.abc import Callable

from bench.search_pages import LIMIT_MS, Pages, Timed
from bench.search_plans import Explainer
from bench.search_shapes import shapes
from common.search import Search
from common.search_plan import plan

TRIES = 3
"""So often a search is measured that other programs seem to slow."""
HEAD = f"{'':<44}" + "".join(
    f"{place:^24}" for place in ("first page", "one in the middle", "the last", "a plain one")
)
UNITS = f"{'':<44}" + "  usual longest    CPU  " * 4 + "ms"


def has_equality(wanted: Search) -> bool:
    """Whether the index that finds it is bound by a value."""
    return bool(plan(wanted, many_workers=True).bound)


class Judge:
    """Prints what is measured of one store, and keeps what is not as it is to be."""

    def __init__(self, store: str, records: int, counts: Callable[[Search], bool]) -> None:
        self.failed: list[str] = []
        self._store, self._records, self._counts = store, records, counts
        self._explained = ""
        self._usual: dict[bool, dict[str, float]] = {True: {}, False: {}}

    def measure(self, pages: Pages) -> None:
        """Ask for pages of each search."""
        for name, searches in shapes(pages.log).items():
            timed = _undisturbed(pages, searches)
            remarks, counted = timed.remarks, self._counts(searches[0])
            if counted:
                self._usual[has_equality(searches[0])][name] = timed.usual
                self._keep(name, remarks)
            shown = [*remarks, *([] if counted else ["SQLite's figure counts"])]
            print(f"{self._store:<8}{name:<36}{timed}  {', '.join(shown)}", flush=True)

    def explain(self, pages: Pages, explainer: Explainer) -> None:
        """Have a page of each search explained."""
        right = 0
        for name, (wanted, *_) in shapes(pages.log).items():
            _, middle, _ = pages.places(wanted)
            said = explainer.told(pages.logs, wanted, middle.after)
            right += said.right
            self._keep(name, [] if said.right else [f"explained otherwise: {said}"])
            print(f"explain {name:<37}{said}{'' if said.right else '  WRONG'}", flush=True)
        self._explained = f"{right} of {len(shapes(pages.log))} listings, explained among"
        self._explained += (
            f" {pages.log.records:,} records, walk an index in its order and sort nothing"
        )

    def sources(self) -> None:
        """Print for which listings this store's figures count, and the worst of them."""
        for equality, usual in self._usual.items():
            if usual:
                worst = max(usual, key=lambda name: usual[name])
                kind = "with" if equality else "without"
                text = f"{len(usual)} listings {kind} an equality, {self._records:,} records:"
                text += f" a page usually takes {usual[worst]:.1f} ms at most ({worst})"
                print(f"{self._store:<8}{text}", flush=True)
        if self._explained:
            print(f"{self._store:<8}{self._explained}", flush=True)

    def _keep(self, name: str, wrong: list[str]) -> None:
        self.failed += [f"{self._store}: {name}: {each}" for each in wrong]


def _undisturbed(pages: Pages, searches: tuple[Search, ...]) -> Timed:
    """What is measured of it, again where it took longer than what it needs of a CPU."""
    for _ in range(TRIES):
        timed = pages.timed(searches)
        if timed.usual < LIMIT_MS or timed.needed >= LIMIT_MS:
            break
    return timed
