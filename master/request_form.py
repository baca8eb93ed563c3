"""Form-encoded text (bodies and queries), read strictly: what is not plain is refused."""

import re
from urllib.parse import unquote_to_bytes

from master.request import Refused

MOST_FIELDS = 64
FORM_TYPE = "application/x-www-form-urlencoded"

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def is_form(content_type: str) -> bool:
    """Tell whether a Content-Type (parameters and case aside) is that of a form."""
    return content_type.partition(";")[0].strip().lower() == FORM_TYPE


def parse_form(body: bytes) -> dict[str, str]:
    """Read a form's body; raises Refused (400) on anything but ASCII with valid escapes.

    Raw UTF-8 is taken as well, because `curl -d` sends what it was given.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Refused(400, "the form is not UTF-8") from None
    return parse_fields(text, "form")


def parse_fields(text: str, place: str) -> dict[str, str]:
    """Split `a=1&b=2` into decoded fields; `place` ("form" or "query") names it in a refusal.

    A field without `=` is empty. Raises Refused (400) on a repeated field, more than 64 fields, a
    broken escape, or an escape that is not UTF-8.
    """
    fields: dict[str, str] = {}
    for part in text.split("&", MOST_FIELDS):
        if not part:
            continue
        name, _, value = part.partition("=")
        name = unescape(name.replace("+", " "), place)
        if name in fields:
            raise Refused(400, f"the {place} has the field {name[:140]!r} twice")
        fields[name] = unescape(value.replace("+", " "), place)
    if text.count("&") >= MOST_FIELDS:
        raise Refused(400, f"the {place} has more than {MOST_FIELDS} fields")
    return fields


def unescape(text: str, place: str) -> str:
    """Undo percent-encoding; raises Refused (400) on a broken escape or bytes not UTF-8."""
    if "%" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        raise Refused(400, f"the {place} has a percent sign that two hex digits do not follow")
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise Refused(400, f"the {place} is not UTF-8 once its escapes are undone") from None


def parse_path(text: str) -> str:
    """Decode a path; raises Refused (400) if it hides control characters or is not UTF-8."""
    path = unescape(text, "path")
    if _CONTROL.search(path):
        raise Refused(400, "the path has a control character")
    return path
