"""The page: whole without any other server, within its own policy, and cached by its tag."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from master.handler import CONTENT_POLICY
from master.pages import DIRECTORY, Pages
from tests.integration.raw_http import Toys, Wire, serving

FILES = sorted(path for path in DIRECTORY.iterdir() if path.is_file())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
PLACES = {path.name: "/" if path.name == "index.html" else f"/static/{path.name}" for path in FILES}
# The name of SVG's vocabulary looks like an address and is never fetched.
NAMES = {"http://www.w3.org/2000/svg"}


@pytest.fixture
def wire() -> Iterator[Wire]:
    toys = Toys()
    Pages().add_to(toys.routes)
    with serving(toys) as server:
        connection = Wire(server.address)
        yield connection
        connection.close()


def text_of(name: str) -> str:
    """Read a file of the page."""
    return (DIRECTORY / name).read_text()


def test_the_page_has_its_files() -> None:
    assert [path.name for path in FILES if path.suffix != ".js"] == [
        "favicon.svg",
        "index.html",
        "style.css",
    ]
    assert "app.js" in {path.name for path in SCRIPTS}


def test_each_script_imports_what_another_exports_and_all_are_used() -> None:
    used = {"app.js"}
    for path in SCRIPTS:
        imports = re.findall(r'import \{ ([^}]+) \} from "\./([a-z]+\.js)";', path.read_text())
        assert len(imports) == path.read_text().count("import ")
        for names, source in imports:
            used.add(source)
            for name in names.split(", "):
                exported = rf"^export (?:async )?(?:function|const) {name}\b"
                assert re.search(exported, text_of(source), re.M), (path.name, name)
    assert used == {path.name for path in SCRIPTS}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_names_another_server(path: Path) -> None:
    text = path.read_text()
    assert set(re.findall(r"[a-z]+://[^\s\"')]+", text)) <= NAMES
    assert not re.search(r"""["'(]//""", text)
    assert "@import" not in text


def test_the_html_keeps_to_the_policy() -> None:
    html = text_of("index.html")
    assert "script-src 'self'" in CONTENT_POLICY
    assert "unsafe" not in CONTENT_POLICY
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    assert re.findall(r"<script[^>]*>(.*?)</script>", html, re.S) == [""]


def test_what_comes_from_the_server_can_only_become_text() -> None:
    script = "".join(path.read_text() for path in SCRIPTS)
    for way in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
    ):
        assert way not in script


def test_every_file_that_the_html_asks_for_is_served(wire: Wire) -> None:
    asked = re.findall(r'(?:href|src)="([^"#]+)"', text_of("index.html"))
    imported = {f"/static/{path.name}" for path in SCRIPTS} - {"/static/app.js"}
    assert set(asked) == set(PLACES.values()) - {"/"} - imported
    for place in {*asked, *imported}:
        assert wire.ask(f"GET {place} HTTP/1.1").status == 200


@pytest.mark.parametrize(("name", "place"), PLACES.items())
def test_files_come_whole_and_with_their_type(name: str, place: str, wire: Wire) -> None:
    answer = wire.ask(f"GET {place} HTTP/1.1")
    assert answer.body == (DIRECTORY / name).read_bytes()
    kinds = {
        ".html": "text/html",
        ".js": "text/javascript",
        ".css": "text/css",
        ".svg": "image/svg+xml",
    }
    assert answer.headers["content-type"].startswith(kinds[Path(name).suffix])
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"] == CONTENT_POLICY


def test_a_file_that_the_browser_has_is_not_sent_again(wire: Wire) -> None:
    tag = wire.ask("GET / HTTP/1.1").headers["etag"]
    wire.send("GET / HTTP/1.1", f"If-None-Match: {tag}")
    again = wire.answer(bodiless=True)
    assert (again.status, again.headers["etag"]) == (304, tag)
    assert wire.ask("GET / HTTP/1.1", 'If-None-Match: "another"').status == 200


def test_only_files_of_the_page_are_served(wire: Wire) -> None:
    for path in ("/static/", "/static/../pages.py", "/static/%2e%2e/pages.py", "/index.html"):
        assert wire.ask(f"GET {path} HTTP/1.1").status == 404


def test_every_field_of_a_form_has_its_label() -> None:
    html = text_of("index.html")
    labelled = set(re.findall(r'<label for="([^"]+)"', html))
    assert labelled == set(re.findall(r'<(?:input|textarea|select)[^>]*\sid="([^"]+)"', html))


def test_who_asks_for_a_run_is_shown_what_the_answer_warns_of() -> None:
    script = text_of("run.js")
    assert "follow({ runs, warnings }, number)" in script
    assert 'at("run-states").replaceChildren(...warnings.map(warned), ' in script


def test_every_element_that_the_script_looks_for_is_there() -> None:
    script = "".join(path.read_text() for path in SCRIPTS)
    wanted = set(re.findall(r'\bat\("([^"]+)"\)', script))
    assert wanted <= set(re.findall(r'\sid="([^"]+)"', text_of("index.html")))


def test_every_view_has_its_link_and_a_place_for_what_goes_wrong() -> None:
    html = text_of("index.html")
    views = re.findall(r'<section id="([a-z]+)-view"[^>]*>(.*?)</section>', html, re.S)
    (known,) = re.findall(r"^const VIEWS = \{ ([^}]+) \};", text_of("app.js"), re.M)
    names = [view.partition(":")[0] for view in known.split(", ")]
    assert [name for name, _ in views] == names
    assert re.findall(r'data-view="([a-z]+)"', html) == names
    assert all(inside.count('role="alert"') == 1 for _, inside in views)


def test_no_two_elements_have_one_id() -> None:
    ids = re.findall(r'\sid="([^"]+)"', text_of("index.html"))
    assert len(ids) == len({*ids})


def test_every_dialog_has_a_name_a_place_for_what_goes_wrong_and_a_way_out() -> None:
    dialogs = re.findall(r"<dialog ([^>]*)>(.*?)</dialog>", text_of("index.html"), re.S)
    assert len(dialogs) >= 10
    for attributes, inside in dialogs:
        (title,) = re.findall(r'aria-labelledby="([^"]+)"', attributes)
        assert f'id="{title}"' in inside
        assert inside.count('role="alert"') == 1
        assert 'class="close"' in inside
