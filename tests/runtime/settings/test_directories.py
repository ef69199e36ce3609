"""The directories of this user's control sockets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from relay_runtime.settings.directories import SHARED, directories, is_private


@pytest.mark.parametrize("made", [True, False], ids=["that is there", "that is to be made"])
def test_the_users_own_runtime_directory_is_preferred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, made: bool
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    if made:
        (tmp_path / "relay-runtime").mkdir(mode=0o700)
    assert directories()[0] == tmp_path / "relay-runtime" or len(os.fsencode(tmp_path)) > 60
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert directories()[0] == SHARED / f"relay-runtime-{os.getuid()}"


@pytest.mark.parametrize(("mode", "private"), [(0o700, True), (0o750, False), (0o701, False), (0o500, True)])
def test_a_directory_is_private_that_nobody_else_can_open(tmp_path: Path, mode: int, *, private: bool) -> None:
    place = tmp_path / "place"
    place.mkdir()
    place.chmod(mode)
    assert is_private(place) is private
    link = tmp_path / "link"
    link.symlink_to(place)
    assert not is_private(link)
    assert not is_private(tmp_path / "nowhere")
