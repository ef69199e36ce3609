"""Draws the pictures of the code, from what it is and does today.

    python -m drawings                draw them all (``make drawings``)
    python -m drawings rooms          draw one
    python -m drawings --check        draw none; name those that are out of date, and exit with 1 if there are any

``docs``, ``actors`` and ``runtime`` are on the path. Each picture is drawn from nothing but the code: twice the same
code is twice the same picture.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from loguru import logger

from drawings import rooms, ways
from drawings.actors import actors
from drawings.call_states import call_states
from drawings.killed_process import killed_process
from drawings.lost_connection import lost_connection

__all__ = ["DRAWINGS", "FOLDER", "main"]

FOLDER: Final = Path(__file__).parents[1] / "img"
DRAWINGS: Final[dict[str, Callable[[], str]]] = {
    "rooms": rooms.drawing,
    "how-actors": actors,
    "how-call": call_states,
    "how-offer": ways.offer,
    "how-event": ways.event,
    "how-command": ways.command,
    "how-lost-connection": lost_connection,
    "how-killed-process": killed_process,
}
"""From the name of each picture to what draws it."""


def main(arguments: list[str]) -> int:
    """Draw pictures, or say which are out of date; return the exit code."""
    check = "--check" in arguments
    names = [each for each in arguments if each != "--check"] or list(DRAWINGS)
    stale = []
    for name in names:
        path, today = FOLDER / f"{name}.svg", DRAWINGS[name]()
        if path.exists() and path.read_text(encoding="utf-8") == today:
            continue
        stale.append(name)
        if not check:
            path.write_text(today, encoding="utf-8")
    if check and stale:
        print("out of date; run make drawings:", *stale)  # noqa: T201
    return int(check and bool(stale))


if __name__ == "__main__":
    logger.remove()  # what the runs log is none of the reader's business
    sys.exit(main(sys.argv[1:]))
