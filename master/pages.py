"""The web page: its files, loaded once at start and served from memory."""

import hashlib
from functools import partial
from pathlib import Path

from master.request import Reply, Request
from master.routes import Routes

DIRECTORY = Path(__file__).with_name("static")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Pages:
    """The files of a directory, as they were when this was made."""

    def __init__(self, directory: Path = DIRECTORY) -> None:
        self._files = {
            path.name: _load(path) for path in directory.iterdir() if path.suffix in TYPES
        }

    def add_to(self, routes: Routes) -> None:
        """Serve `index.html` at / and every other file under /static/."""
        for name, reply in self._files.items():
            place = "/" if name == "index.html" else f"/static/{name}"
            routes.add("GET", place, partial(_serve, reply))


def _load(path: Path) -> Reply:
    """Read a file into the answer that it is; its tag changes when its bytes do."""
    body = path.read_bytes()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    # no-cache lets browsers keep the file but ask each time, so an upgrade shows at once.
    headers = (("ETag", tag), ("Cache-Control", "no-cache"))
    return Reply(200, body, TYPES[path.suffix], headers)


def _serve(page: Reply, request: Request) -> Reply:
    """Answer with the file, or that the one the browser has is still right."""
    known = {tag.strip() for tag in request.headers.get("if-none-match", "").split(",")}
    if dict(page.headers)["ETag"] in known:
        return Reply(304, b"", page.content_type, page.headers)
    return page
