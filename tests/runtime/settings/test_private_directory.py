"""The directory of what this user's processes show to each other; see also `test_places.py`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from relay_runtime.settings import directories as of_user
from relay_runtime.settings.private_directory import PlaceError, private_directory


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that all users share, in the place of /tmp; there is no other one."""
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr(of_user, "SHARED", tmp_path)
    return tmp_path


def test_it_is_made_for_this_user_alone_and_is_the_same_the_next_time(shared: Path) -> None:
    made = private_directory()
    assert made == shared / f"relay-runtime-{os.getuid()}"
    assert made.stat().st_mode & 0o777 == 0o700
    assert private_directory() == made


def test_the_runtime_directory_of_the_user_goes_first(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="rr-") as runtime:  # a short one
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        assert private_directory() == Path(runtime) / "relay-runtime"


def test_one_that_others_can_open_gives_way_to_another_and_the_log_says_so(shared: Path, log_lines: list[str]) -> None:
    taken = shared / f"relay-runtime-{os.getuid()}"
    taken.mkdir()
    taken.chmod(0o755)
    made = private_directory()
    assert made.name.startswith(f"relay-runtime-{os.getuid()}-")
    assert f"{taken} is not a directory that only you can open" in log_lines[0]
    assert private_directory() == made


def test_without_any_it_is_said_what_to_do(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shared / "none").write_text("")
    monkeypatch.setattr(of_user, "SHARED", shared / "none" / "x")
    with pytest.raises(PlaceError, match="set XDG_RUNTIME_DIR to a directory that only you can open"):
        private_directory()
