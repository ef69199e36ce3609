"""Where control sockets are, and who may open them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from doubles.parrot import Parrot

from relay_runtime.inspection.places import PlaceError, control_directory, default_path, listen_on, running_sockets


def test_the_directory_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    assert control_directory() == Path("/run/user/7/relay-runtime")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert control_directory() == Path(f"/tmp/relay-runtime-{os.getuid()}")


def test_a_directory_that_others_can_open_is_refused(place: Path) -> None:
    control_directory().mkdir()
    control_directory().chmod(0o755)
    with pytest.raises(PlaceError, match="only you can open"):
        listen_on(default_path())
    assert running_sockets() == {}


def test_a_directory_that_is_a_link_is_refused(place: Path) -> None:
    (place / "elsewhere").mkdir(mode=0o700)
    control_directory().symlink_to(place / "elsewhere")
    with pytest.raises(PlaceError, match="only you can open"):
        listen_on(default_path())


def test_a_file_in_the_place_of_a_socket_is_left_alone(place: Path) -> None:
    path = place / "mine.sock"
    path.write_text("precious")
    with pytest.raises(PlaceError, match="exists and is no socket"):
        listen_on(path)
    assert path.read_text() == "precious"


def test_a_path_that_is_too_long_is_refused(place: Path) -> None:
    with pytest.raises(PlaceError, match="too long for a socket"):
        listen_on(place / ("x" * 120))


def test_sockets_of_the_dead_are_not_listed(place: Path, parrot: Parrot) -> None:
    listen_on(default_path(1)).close()
    (control_directory() / "2.sock").write_text("")
    (control_directory() / "notes.txt").write_text("")
    assert running_sockets() == {os.getpid(): default_path()}


def test_a_socket_that_somebody_answers_is_not_taken_over(parrot: Parrot) -> None:
    with pytest.raises(PlaceError, match="another process listens on"):
        listen_on(default_path())


def test_a_socket_can_be_opened_by_its_owner_alone(place: Path) -> None:
    listener = listen_on(default_path())
    assert default_path().stat().st_mode & 0o077 == 0
    assert default_path().parent.stat().st_mode & 0o077 == 0
    listener.close()
