"""The pictures of docs/how are what the code says and does today, and can be read by everybody."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from relay_actors.wire.call_state import STATES, TRANSITIONS

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "img"
PAGES = sorted((ROOT / "docs" / "how").glob("*.md"))
CHEAP = ["how-call"]
FOLLOWED = ["how-offer", "how-event", "how-command", "how-actors", "how-lost-connection"]
BY_PROCESSES = ["how-killed-process"]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The package that draws; its path is gone again behind the test, and what was imported by it."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(ROOT / "docs")
    from drawings import __main__ as main

    yield main
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "drawings":
            del sys.modules[name]


def out_of_date(*names: str) -> str:
    """Draw in a process of its own, as a tracer of the test run would take the trace away; say what has changed."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(ROOT / "docs")])}
    done = subprocess.run(
        [sys.executable, "-m", "drawings", "--check", *names],
        env=environ,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def test_the_picture_of_the_states_is_what_the_table_says(drawings: Any) -> None:
    assert (PICTURES / "how-call.svg").read_text(encoding="utf-8") == drawings.DRAWINGS["how-call"](), "make drawings"


def test_every_step_of_the_table_is_drawn_and_no_other() -> None:
    picture = (PICTURES / "how-call.svg").read_text(encoding="utf-8")
    assert picture.count('class="arrow" ') == sum(map(len, TRANSITIONS.values()))
    assert set(STATES) <= set(re.findall(r">(\w+)</text>", picture))


def test_the_pictures_of_what_runs_do_are_what_runs_do_today() -> None:
    assert out_of_date(*FOLLOWED) == ""


@pytest.mark.proof
def test_the_picture_of_the_killed_process_is_what_processes_do_today() -> None:
    assert out_of_date(*BY_PROCESSES) == ""


def test_a_picture_that_is_out_of_date_is_named(
    drawings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(drawings, "FOLDER", tmp_path)
    assert drawings.main(["--check", "how-call"]) == 1
    assert "how-call" in capsys.readouterr().out
    assert drawings.main(["how-call"]) == 0
    assert drawings.main(["--check", "how-call"]) == 0
    (tmp_path / "how-call.svg").write_text("<svg/>")
    assert drawings.main(["--check", "how-call"]) == 1


def test_every_picture_is_compared_by_a_test(drawings: Any) -> None:
    assert {*CHEAP, *FOLLOWED, *BY_PROCESSES, "rooms"} == set(drawings.DRAWINGS)


@pytest.mark.parametrize("path", sorted(PICTURES.glob("how-*.svg")), ids=lambda path: path.stem)
def test_a_picture_can_be_read_aloud_in_the_dark_and_on_a_telephone(path: Path) -> None:
    picture = ET.fromstring(path.read_text(encoding="utf-8"))
    assert picture.findtext(f"{SVG}title")
    assert picture.findtext(f"{SVG}desc")
    assert "prefers-color-scheme:dark" in (picture.findtext(f"{SVG}style") or "")
    assert picture.get("viewBox") == f"0 0 {picture.get('width')} {picture.get('height')}"
    assert int(picture.get("width", "")) <= 480


@pytest.mark.parametrize("path", sorted(PICTURES.glob("how-*.svg")), ids=lambda path: path.stem)
def test_no_text_leaves_its_picture(path: Path) -> None:
    picture = ET.fromstring(path.read_text(encoding="utf-8"))
    for text in picture.iter(f"{SVG}text"):
        kind, x = text.get("class", "").split(), float(text.get("x", ""))
        width = len(text.text or "") * 0.602 * (13 if "note" in kind else 15)
        left = x - width / 2 if "middle" in kind else x - width if "end" in kind else x
        assert left >= 0, text.text
        assert left + width <= float(picture.get("width", "")), text.text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_one_title_and_says_what_its_pictures_show(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1
    for told, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", text):
        assert len(told) > 40, target
        assert (page.parent / target).exists(), target


def test_every_picture_is_on_a_page_of_the_part() -> None:
    shown = {name for page in PAGES for name in re.findall(r"\(\.\./img/([\w-]+)\.svg\)", page.read_text())}
    assert {path.stem for path in PICTURES.glob("how-*.svg")} | {"rooms"} == shown
