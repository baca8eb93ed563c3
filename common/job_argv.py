"""A job that runs a list of words: `command` then is those words as a shell would read them.

So whoever knows no `argv`, as a Go worker does not, still runs the same.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from common.errors import InvalidField
from common.job_fields import FIELDS
from common.job_surroundings import MAX_COMMAND_BYTES


def with_command(
    document: Mapping[str, Any], previous: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """A job's object with the command that its `argv`, if it has one, reads as.

    A command that says something else is refused, unless it only is what `previous`, the stored
    object, still says.
    """
    if document.get("argv") is None:
        return document
    words: tuple[str, ...] = FIELDS["argv"][1]("argv", document["argv"])
    command = shlex.join(words)
    if (size := len(command.encode())) > MAX_COMMAND_BYTES:
        raise InvalidField(
            "argv", f"{size} bytes as a command are more than the {MAX_COMMAND_BYTES} allowed"
        )
    said = document.get("command")
    if said not in (None, command, (previous or {}).get("command")):
        raise InvalidField(
            "command", "the job runs its argv: leave command out, or set argv back to null"
        )
    return {**document, "command": command}
