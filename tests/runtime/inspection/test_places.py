"""Where control sockets are, and who may open them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from doubles.parrot import Parrot

from relay_runtime.inspection import places
from relay_runtime.inspection.places import default_path, listen_on, running_sockets
from relay_runtime.inspection.server import ControlServer
from relay_runtime.settings import directories as of_user
from relay_runtime.settings.private_directory import PlaceError


@pytest.fixture
def shared(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that all users share, in the place of /tmp; there is no other one."""
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr(of_user, "SHARED", place)
    return place


def open_to_others(path: Path) -> None:
    path.mkdir()
    path.chmod(0o755)


def a_link(path: Path) -> None:
    (path.parent / "elsewhere").mkdir(mode=0o700)
    path.symlink_to(path.parent / "elsewhere")


def a_dangling_link(path: Path) -> None:
    path.symlink_to(path.parent / "nothing")


def a_file(path: Path) -> None:
    path.write_text("")


def of_somebody_else(path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a directory away")
    path.mkdir(mode=0o700)
    os.chown(path, 12345, 12345)


TAKEN = [open_to_others, a_link, a_dangling_link, a_file, of_somebody_else]


@pytest.mark.parametrize("take", TAKEN)
def test_where_somebody_else_has_the_name_another_directory_is_made_and_found(
    shared: Path, take: Callable[[Path], None], log_lines: list[str]
) -> None:
    taken = shared / f"relay-runtime-{os.getuid()}"
    take(taken)
    server = ControlServer(default_path(), Parrot().answer)
    server.start()
    assert server.path.parent.parent == shared
    assert server.path.parent.name.startswith(f"relay-runtime-{os.getuid()}-")
    assert server.path.parent.stat().st_mode & 0o777 == 0o700
    assert running_sockets() == {os.getpid(): server.path}
    assert default_path() == server.path  # one is enough
    (line,) = log_lines
    assert f"{taken} is not a directory that only you can open: control sockets are in {server.path.parent}" in line
    server.stop()


def test_a_directory_of_that_name_that_others_can_open_is_not_looked_into(shared: Path) -> None:
    open_to_others(shared / f"relay-runtime-{os.getuid()}-abc")
    listen_on(shared / f"relay-runtime-{os.getuid()}-abc" / f"{os.getpid()}.sock")
    assert running_sockets() == {}


@pytest.mark.parametrize("take", TAKEN)
def test_a_runtime_directory_that_cannot_be_used_gives_way_to_the_shared_one(
    place: Path, take: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_user, "SHARED", place / "tmp")
    (place / "tmp").mkdir()
    take(place / "relay-runtime")
    assert default_path().parent == place / "tmp" / f"relay-runtime-{os.getuid()}"


@pytest.mark.parametrize("runtime", ["/proc/none", "/" + "x" * 90])
def test_so_does_one_that_cannot_be_made_or_is_too_long(
    shared: Path, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    assert default_path().parent == shared / f"relay-runtime-{os.getuid()}"


def test_without_any_directory_it_is_said_what_to_do(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_user, "SHARED", shared / "none" / "x")
    (shared / "none").write_text("")
    with pytest.raises(PlaceError, match="set XDG_RUNTIME_DIR to a directory that only you can open"):
        default_path()


def test_a_socket_that_is_named_there_is_refused_where_others_can_open_the_directory(shared: Path) -> None:
    open_to_others(shared / f"relay-runtime-{os.getuid()}")
    with pytest.raises(PlaceError, match="only you can open"):
        listen_on(shared / f"relay-runtime-{os.getuid()}" / "mine.sock")


def test_a_file_in_the_place_of_a_socket_is_left_alone(place: Path) -> None:
    path = place / "mine.sock"
    path.write_text("precious")
    with pytest.raises(PlaceError, match="exists and is no socket"):
        listen_on(path)
    assert path.read_text() == "precious"


def test_a_path_that_is_too_long_is_refused(place: Path) -> None:
    with pytest.raises(PlaceError, match="too long for a socket"):
        listen_on(place / ("x" * 120))


def no_process() -> int:
    """The id of a process that has ended."""
    done = subprocess.Popen(["true"])
    done.wait()
    return done.pid


@pytest.mark.parametrize("by", ["a look", "a start"])
def test_what_dead_processes_left_is_cleared(place: Path, parrot: Parrot, by: str) -> None:
    directory, dead = default_path().parent, no_process()
    listen_on(default_path(dead)).close()
    (directory / f"{dead}.workers").mkdir()
    listen_on(directory / f"{dead}.workers" / "1.sock").close()
    (directory / "notes.txt").write_text("")
    (directory / f"{os.getppid()}.sock").write_text("")
    if by == "a look":
        assert running_sockets() == {os.getpid(): default_path()}
    else:
        listen_on(default_path(1)).close()
        default_path(1).unlink()
    left = {path.name for path in directory.iterdir()}
    assert left == {"notes.txt", f"{os.getppid()}.sock", default_path().name}


def test_sockets_that_somebody_answers_are_left_though_their_process_is_not_seen(place: Path) -> None:
    directory, elsewhere, parent = default_path().parent, no_process(), no_process()
    held = [listen_on(default_path(elsewhere))]
    (directory / f"{parent}.workers").mkdir()
    held.append(listen_on(directory / f"{parent}.workers" / "1.sock"))
    assert running_sockets() == {elsewhere: default_path(elsewhere)}
    assert (directory / f"{parent}.workers" / "1.sock").exists()
    for listener in held:
        listener.close()


def test_a_socket_that_somebody_answers_is_not_taken_over(parrot: Parrot) -> None:
    with pytest.raises(PlaceError, match="another process listens on"):
        listen_on(default_path())


def test_a_socket_can_be_opened_by_its_owner_alone(place: Path) -> None:
    listener = listen_on(default_path())
    assert default_path().stat().st_mode & 0o077 == 0
    assert default_path().parent.stat().st_mode & 0o077 == 0
    listener.close()


def test_what_another_process_clears_at_the_same_time_is_no_failure(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = default_path().parent / "4100000.workers"
    left.mkdir()

    def cleared_meanwhile(_pid: int) -> bool:
        left.rmdir()
        return True

    monkeypatch.setattr(places, "_is_dead", cleared_meanwhile)
    assert running_sockets() == {}
