"""An app that a test plays with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from doubles.played import Play, Played, playing


@pytest.fixture
def play() -> Iterator[Play]:
    with ExitStack() as block:

        def begin(app: Any, *contexts: str, **options: Any) -> Played:
            return block.enter_context(playing(app, contexts or ("office",), **options))

        yield begin
