"""Which apps the files of a directory have, found by reading them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from relay_runtime.completion import apps
from relay_runtime.completion.apps import found

APP = """
import os
import relay_runtime as rr
from relay_runtime import CallActor, RelayClient as Client
from relay_runtime.aio import RelayClient
os._exit(3)  # whoever imports this file does not come back

class Desk(CallActor): ...
class Night(Desk): ...
class _Hidden(CallActor): ...
class Other(dict): ...
class Generic(rr.CallActor): ...

if os.environ:
    client = Client(contexts=["office"])
loop: object = RelayClient()
number = int("1")

def make():
    inner = Client()

if __name__ == "__main__":
    program = Client()
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


def test_classes_and_clients_are_found_and_nothing_is_run() -> None:
    assert found("") == ["app:Desk", "app:Night", "app:Generic", "app:client"]


def test_with_asyncio_clients_of_its_room_are_found() -> None:
    assert found("", asyncio=True) == ["app:loop"]


def test_a_class_whose_base_is_in_another_file_is_found(here: Path) -> None:
    (here / "late.py").write_text("import app\nclass Late(app.Night): ...\n")
    package = here / "house"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "base.py").write_text("from relay_runtime import *\nclass Base(CallActor): ...\n")
    (package / "calls.py").write_text("from .base import Base as B\nclass Call(B): ...\n")
    assert {"late:Late", "house.base:Base", "house.calls:Call"} <= {*found("")}


def test_a_file_that_is_named_is_read_when_its_name_is_complete(here: Path) -> None:
    assert found("./app.py") == []
    assert found("./app.py:De") == [f"./app.py:{name}" for name in ("Desk", "Night", "Generic", "client")]
    assert found("app.py:") == [f"app.py:{name}" for name in ("Desk", "Night", "Generic", "client")]
    assert found("nowhere/app.py:") == []


@pytest.mark.parametrize(
    "text",
    ["class (", "\0", "a = " + "(" * 5000, "class A(B): ...\nclass B(A): ...", "from here import *", b"\xff\xfe"],
)
def test_files_that_are_odd_are_passed_over(here: Path, text: str | bytes) -> None:
    (here / "odd.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert "app:Desk" in found("")
    assert not [name for name in found("") if name.startswith("odd:")]


def test_files_that_lead_in_a_circle_end(here: Path) -> None:
    (here / "one.py").write_text("from two import B\nclass A(B): ...\n")
    (here / "two.py").write_text("from one import A\nclass B(A): ...\n")
    assert not [name for name in found("") if name.startswith(("one", "two"))]


def test_what_takes_too_long_or_is_too_large_is_left_out(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    (here / "large.py").write_text(APP + "#" * 1_000_001)
    assert "large:Desk" not in found("")
    monkeypatch.setattr(apps, "_PATIENCE", -1.0)
    assert found("") == []


def test_a_pipe_is_not_waited_for(here: Path) -> None:
    os.mkfifo(here / "pipe.py")
    assert "app:Desk" in found("")
    assert found("pipe.py:") == []
