"""Python's garbage collector in a process that serves calls. A library must not touch it: the program is another's.

The collector looks for garbage in circles, and of this the runtime leaves none (decision 0009): what it looks through
in vain are live calls. With ten thousand of them that takes a tenth of a call's CPU, and holds up the hub for a tenth
of a second at a time. So what start-up has made is looked through once and never again, and the rest more seldom. An
app that leaves garbage in circles keeps some half a million objects of it at most.
"""

from __future__ import annotations

import gc
from typing import Final

__all__ = ["ease_collector"]

_AS_STARTED: Final = gc.get_threshold()
_THRESHOLDS: Final = (5_000, 5, 20)
"""After how many objects more than have gone the youngest are looked through; after how many such looks the young ones
too; and after how many of those, all."""


def ease_collector() -> None:
    """Take what there is now out of the collector's sight, and have it look at the rest more seldom.

    To be called once the app is loaded. Thresholds that the app's own code has set stay as they are.
    """
    gc.collect()  # or garbage would be kept for ever
    gc.freeze()
    if gc.get_threshold() == _AS_STARTED:
        gc.set_threshold(*_THRESHOLDS)
