"""``relay-runtime new``: what it says of a project that it has made, and of one that it can't make."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.process.process import ExitCode
from relay_runtime.starter.project import project_files

USAGE, PLACE = ExitCode.USAGE, ExitCode.BAD_CONFIG
ACCEPTED = (
    "accepted is the folder to make, such as hello, with no space at its ends, no - in front and nothing invisible"
)


NO_TEXT = "that is no text in utf-8, the encoding of this locale; use other letters, or another locale"


def told(printed: str) -> tuple[list[str], list[str]]:
    """Return the files that were made, and what to type next."""
    made, _, following = printed.partition("next:\n")
    return [line.removeprefix("made ") for line in made.splitlines()], [line[2:] for line in following.splitlines()]


@pytest.mark.parametrize(
    ("name", "folder", "change"),
    [
        ("hello", "hello", ["cd hello"]),
        ("hello/", "hello", ["cd hello"]),
        ("./hello", "hello", ["cd hello"]),
        ("projects/hello", "projects/hello", ["cd projects/hello"]),
        ("my app", "my app", ["cd 'my app'"]),
        ("büro", "büro", ["cd 'büro'"]),
        ("電話", "電話", ["cd '電話'"]),
        ("🦊", "🦊", ["cd '🦊'"]),
        ("$(x);", "$(x);", ["cd '$(x);'"]),
        ("projects", "projects", ["cd projects"]),
        ("a:b]", "a:b]", ["cd 'a:b]'"]),
    ],
)
def test_it_says_what_it_has_made_and_what_to_type_next(
    here: Path, output: Output, name: str, folder: str, change: list[str]
) -> None:
    (here / "projects").mkdir()
    assert run(["new", name]) == ExitCode.OK
    made, following = told(output()[0])
    assert made == [f"{folder}/{each}" for each in project_files(asyncio=False)]
    assert all((here / each).is_file() for each in made)
    assert following == [*change, "relay-runtime phone app:App", "pytest"]


def test_who_is_in_the_folder_already_has_nowhere_to_go(
    here: Path, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "hello").mkdir()
    monkeypatch.chdir(here / "hello")
    assert run(["new", "."]) == ExitCode.OK
    made, following = told(output()[0])
    assert made == list(project_files(asyncio=False))
    assert following == ["relay-runtime phone app:App", "pytest"]


def test_a_project_on_asyncio_has_its_own_commands(output: Output) -> None:
    assert run(["new", "hello", "--asyncio"]) == ExitCode.OK
    made, following = told(output()[0])
    assert "hello/conftest.py" in made
    assert following == ["cd hello", "relay-runtime phone --asyncio app:client", "pytest"]


def test_where_there_is_no_pytest_it_is_to_be_installed_first(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay_runtime.cli.new.find_spec", lambda name: importlib.util.find_spec(f"no_{name}"))
    assert run(["new", "hello"]) == ExitCode.OK
    assert told(output()[0])[1][2:] == ["pip install -r requirements.txt", "pytest"]


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ([], USAGE, "Missing argument 'NAME'; try relay-runtime new --help"),
        ([""], USAGE, f"NAME is '': {ACCEPTED}"),
        ([" "], USAGE, f"NAME is ' ': {ACCEPTED}"),
        (["hello "], USAGE, f"NAME is 'hello ': {ACCEPTED}"),
        (["-x"], USAGE, "No such option: -x; try relay-runtime new --help"),
        (["--", "-x"], USAGE, f"NAME is '-x': {ACCEPTED}"),
        (["./-x"], USAGE, f"NAME is './-x': {ACCEPTED}"),
        (["./-x/y"], USAGE, f"NAME is './-x/y': {ACCEPTED}"),
        (["a/-x"], USAGE, f"NAME is 'a/-x': {ACCEPTED}"),
        (["x\udcffy"], USAGE, rf"NAME is 'x\udcffy': {NO_TEXT}"),
        (["x\udcffy/hello"], USAGE, rf"NAME is 'x\udcffy/hello': {NO_TEXT}"),
        (["a\nb/hello"], USAGE, rf"NAME is 'a\nb/hello': {ACCEPTED}"),
        (["a\u202eb"], USAGE, rf"NAME is 'a\u202eb': {ACCEPTED}"),
        (["a\nb"], USAGE, rf"NAME is 'a\nb': {ACCEPTED}"),
        (["a\0b"], USAGE, rf"NAME is 'a\x00b': {ACCEPTED}"),
        (["\t" + 300 * "x"], USAGE, rf"NAME is '\t{39 * 'x'}…': {ACCEPTED}"),
        (["hello", "world"], USAGE, "Got unexpected extra argument(s) (world); try relay-runtime new --help"),
        (["a/b"], PLACE, "there is no a to make b in; first type: mkdir -p a"),
        (["~/b"], PLACE, "there is no ~ to make b in; first type: mkdir -p '~'"),
        (["app.py"], PLACE, "app.py is there and is no folder; give another name, or move it away first"),
        (["app.py/b"], PLACE, "app.py is there and is no folder; give another name, or move it away first"),
        (["."], PLACE, ". is not empty: it has app.py; nothing was written: name a folder that is new or empty"),
        ([300 * "x"], PLACE, f"{40 * 'x'}… is too long for a name here; give a shorter one"),
    ],
)
def test_what_is_wrong_is_one_line_and_makes_nothing(
    here: Path, output: Output, arguments: list[str], code: ExitCode, complaint: str
) -> None:
    assert run(["new", *arguments]) == code
    assert output() == ("", f"relay-runtime: {complaint}\n")
    assert [path.name for path in here.iterdir()] == ["app.py"]


@pytest.mark.parametrize("name", ["a[b]", "a[b", "a::b", "a[b]/hello", "a::b/hello"])
def test_a_path_that_pytest_takes_for_something_else_is_refused(here: Path, output: Output, name: str) -> None:
    assert run(["new", name]) == USAGE
    why = f"the project would be in '{here / name}', and pytest can't take a path with [ or ::"
    assert output() == ("", f"relay-runtime: NAME is '{name}': {why}; give another name or place\n")
    assert [path.name for path in here.iterdir()] == ["app.py"]


def test_the_place_can_be_one_that_pytest_takes_for_something_else(
    here: Path, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "a[b]").mkdir()
    monkeypatch.chdir(here / "a[b]")
    assert run(["new", "hello"]) == run(["new", "."]) == USAGE
    assert f"in '{here}/a[b]/hello', and pytest can't" in output()[1]
    assert list((here / "a[b]").iterdir()) == []


def test_a_directory_that_is_gone_is_no_place(here: Path, output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "gone").mkdir()
    monkeypatch.chdir(here / "gone")
    (here / "gone").rmdir()
    assert run(["new", "hello"]) == PLACE
    assert output()[1].startswith("relay-runtime: hello can't be made: No such file or directory; ")


def test_a_project_is_not_made_twice(here: Path, output: Output) -> None:
    assert run(["new", "hello"]) == ExitCode.OK
    (here / "hello" / "app.py").write_text("mine")
    output()
    assert run(["new", "hello"]) == PLACE
    assert output()[1].startswith("relay-runtime: hello is not empty: it has .gitignore, README.md, app.py, …; nothing")
    assert (here / "hello" / "app.py").read_text() == "mine"
