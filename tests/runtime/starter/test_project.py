"""The files of a project, and a folder that has all of them or none."""

from __future__ import annotations

import os
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from relay_runtime.settings.config import from_environment, merge
from relay_runtime.settings.options import OPTIONS
from relay_runtime.settings.settings_file import read_environment_file
from relay_runtime.starter.project import PRIVATE, project_files, write_project

COMMON = {".gitignore", "README.md", "app.py", "pytest.ini", "requirements.txt", "settings.env", "settings.example.env"}
FILES = {"a.py": b"a", PRIVATE: b"b", "z.py": b"z"}


@pytest.fixture
def no_space() -> Iterator[None]:
    """No file of this process may hold more than two bytes, as on a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("asyncio", "more"), [(False, {"test_app.py"}), (True, {"test_app.py", "conftest.py"})])
def test_a_project_has_an_app_its_test_settings_and_a_readme(asyncio: bool, more: set[str]) -> None:
    contents = project_files(asyncio=asyncio)
    assert list(contents) == sorted(COMMON | more)
    assert all(contents.values())
    assert (b"async def" in contents["app.py"]) is asyncio


@pytest.mark.parametrize("asyncio", [False, True])
def test_the_readme_has_ten_lines(asyncio: bool) -> None:
    assert len(project_files(asyncio=asyncio)["README.md"].splitlines()) == 10


def test_every_setting_that_is_shown_is_known_and_its_value_accepted(tmp_path: Path) -> None:
    text = project_files(asyncio=False)[PRIVATE].decode()
    shown = [line.removeprefix("#") for line in text.splitlines() if "=" in line]
    (tmp_path / "all.env").write_text("\n".join(shown))
    variables = read_environment_file(tmp_path / "all.env")
    assert variables.keys() <= {option.variable for option in OPTIONS.values()}
    settings = merge(from_environment(variables, "all.env"))
    given = {each.option.name for each in settings if settings.is_given(each.option.name)}
    assert len(given) == len(shown) == 9
    for name in ("max_active_calls", "drain_timeout", "log_level", "log_format"):
        assert settings[name] == OPTIONS[name].default, f"{name} is not the default, as its # says"


def test_settings_that_are_not_filled_in_have_the_context_and_no_credentials(tmp_path: Path) -> None:
    (tmp_path / PRIVATE).write_bytes(project_files(asyncio=False)[PRIVATE])
    assert read_environment_file(tmp_path / PRIVATE) == {"RELAY_CONTEXTS": "office"}


def test_what_is_required_is_this_runtime_with_its_kit() -> None:
    required = Requirement(project_files(asyncio=False)["requirements.txt"].decode().splitlines()[-1])
    assert (required.name, required.extras) == ("relay-runtime", {"testing"})


@pytest.mark.parametrize("is_there", [False, True])
def test_files_come_into_a_folder_that_is_new_or_empty(tmp_path: Path, is_there: bool) -> None:
    folder = tmp_path / "hello"
    if is_there:
        folder.mkdir()
    write_project(folder, FILES)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES


def test_the_settings_are_their_owners_alone_and_the_rest_is_as_other_files_are(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_project(tmp_path / "hello", FILES)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "hello").iterdir()}
    assert modes == {"a.py": 0o644, PRIVATE: 0o600, "z.py": 0o644}


def test_hidden_files_of_others_may_be_there(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".venv").mkdir()
    write_project(tmp_path, FILES)
    assert names(tmp_path) == [".git", ".venv", *sorted(FILES)]


@pytest.mark.parametrize("there", [["a.py"], ["notes.txt"], ["1", "2", "3", "4"], [".gitignore", ".git"]])
def test_a_folder_that_is_not_empty_stays_as_it_is(tmp_path: Path, there: list[str]) -> None:
    for name in there:
        (tmp_path / name).write_text("mine")
    said = ", ".join([*there[:3], *(["…"] if len(there) > 3 else [])]).removesuffix(", .git")
    with pytest.raises(ValueError, match=rf"{tmp_path} is not empty: it has {said}; nothing was written: "):
        write_project(tmp_path, {**FILES, ".gitignore": b""})
    assert names(tmp_path) == sorted(there)
    assert {path.read_text() for path in tmp_path.iterdir()} == {"mine"}


@pytest.mark.parametrize("path", ["file", "file/hello", "file/more/hello"])
def test_a_file_in_the_way_stays_there(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match=f"{tmp_path}/file is there and is no folder"):
        write_project(tmp_path / path, FILES)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("path", ["link", "link/hello", "link/more/hello"])
def test_a_link_that_leads_nowhere_is_no_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(ValueError, match=f"^{tmp_path}/link is a link that leads nowhere; give another name, or"):
        write_project(tmp_path / path, FILES)
    assert names(tmp_path) == ["link"]


def test_the_folder_around_it_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"first type: mkdir -p '{tmp_path}/my projects'"):
        write_project(tmp_path / "my projects" / "hello", FILES)
    assert names(tmp_path) == []


def test_a_name_may_be_too_long(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is too long for a name here; give a shorter one") as raised:
        write_project(tmp_path / ("x" * 300), FILES)
    assert len(str(raised.value)) < 120


@pytest.mark.skipif(not os.path.ismount("/sys"), reason="a place in which nobody may write, be it root")
def test_a_place_where_nobody_may_write_is_named() -> None:
    with pytest.raises(ValueError, match="/sys/hello can't be made: .*; name a place where you may write"):
        write_project(Path("/sys/hello"), FILES)


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.usefixtures("no_space")
def test_what_fails_in_the_middle_leaves_nothing_behind(tmp_path: Path, is_there: bool) -> None:
    folder = tmp_path / "hello"
    if is_there:
        folder.mkdir()
        (folder / ".git").mkdir()
    with pytest.raises(ValueError, match="hello/z.py can't be made: File too large; nothing is left of what was begun"):
        write_project(folder, {**FILES, "z.py": b"more than there is room for"})
    assert (names(folder) == [".git"]) if is_there else not folder.exists()


def test_a_file_that_comes_in_between_is_not_overwritten(tmp_path: Path) -> None:
    class Hurried(dict[str, bytes]):
        """Somebody else makes a file once the folder was looked at."""

        def items(self):  # type: ignore[no-untyped-def]
            (tmp_path / "hello" / "z.py").write_text("mine")
            return super().items()

    with pytest.raises(ValueError, match="z.py can't be made: File exists"):
        write_project(tmp_path / "hello", Hurried(FILES))
    assert names(tmp_path / "hello") == ["z.py"]
    assert (tmp_path / "hello" / "z.py").read_text() == "mine"


def test_ctrl_c_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    class Interrupted(dict[str, bytes]):
        def items(self):  # type: ignore[no-untyped-def]
            yield "a.py", b"a"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_project(tmp_path / "hello", Interrupted(FILES))
    assert names(tmp_path) == []
