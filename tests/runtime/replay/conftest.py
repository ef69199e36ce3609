"""A call of a menu, recorded once for all tests here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from doubles.recorded import recorded
from doubles.replayed import Menu


@pytest.fixture(scope="session")
def _menu_call(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def play(kit: object) -> None:
        line = kit.caller().dials("office").hears("2 for support", within=30)  # type: ignore[attr-defined]
        line.waits(2).presses("1").hears("Sales", within=30).waits(1.5).hangs_up()

    return recorded(Menu, play, tmp_path_factory.mktemp("menu") / "r")


@pytest.fixture
def menu_call(_menu_call: Path, tmp_path: Path) -> Path:
    """Return the recording: a key two seconds behind the prompt, and a hang-up in mid-sentence."""
    copy = tmp_path / "call.jsonl"
    copy.write_bytes(_menu_call.read_bytes())
    return copy


@pytest.fixture
def altered(menu_call: Path) -> Callable[..., Path]:
    """Return what writes the recording with texts replaced."""

    def alter(**replaced: str) -> Path:
        text = menu_call.read_text()
        for old, new in replaced.items():
            assert old in text
            text = text.replace(old, new)
        menu_call.write_text(text)
        return menu_call

    return alter
