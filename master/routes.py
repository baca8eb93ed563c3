"""The table of what is answered where."""

from collections.abc import Callable

from master.request import Refused, Reply, Request

View = Callable[[Request], Reply]


class Routes:
    """Views by path and method. Filled before the server starts, read by many threads after."""

    def __init__(self) -> None:
        self._views: dict[str, dict[str, View]] = {}

    def add(self, method: str, path: str, view: View) -> None:
        """Answer `method` on exactly `path` by `view`; a GET answers HEAD too.

        Raises ValueError if the place is taken: two views for one call is a mistake of ours.
        """
        methods = self._views.setdefault(path, {})
        if method in methods:
            raise ValueError(f"{method} {path} has a view already")
        methods[method] = view

    def find(self, method: str, path: str) -> View:
        """Give the view of a call; raises Refused (404, or 405 with what is allowed)."""
        methods = self._views.get(path)
        if methods is None:
            raise Refused(404, "there is nothing at this path")
        view = methods.get("GET" if method == "HEAD" else method)
        if view is None:
            allowed = ", ".join(self._allowed(methods))
            raise Refused(405, f"this path takes {allowed}", (("Allow", allowed),))
        return view

    @staticmethod
    def _allowed(methods: dict[str, View]) -> list[str]:
        return sorted({*methods, *(["HEAD"] if "GET" in methods else [])})
