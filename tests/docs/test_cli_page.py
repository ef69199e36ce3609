"""The page about the command line tells all that the command line has."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from relay_runtime.cli import app, run
from relay_runtime.process.process import ExitCode

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "cli.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def section(name: str) -> str:
    match = re.search(rf"^## {name}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert match, f"docs/cli.md has no section {name}"
    return match[1]


def checked(directory: Path) -> int:
    done = subprocess.run(
        [sys.executable, str(directory / "cli_page.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode


def test_help_and_table_of_the_page_are_up_to_date() -> None:
    assert checked(DOCS) == 0, "run: python docs/cli_page.py"


@pytest.mark.parametrize(
    ("told", "instead"),
    [
        ("| `overload` | `RELAY_OVERLOAD` |", "| `overload` | `RELAY_OVERLAOD` |"),
        ("Leave the contexts at this share", "Leave the contexts at that share"),
        ("drain_timeout         20.0 ", "drain_timeout         30.0 "),
        ("| 7 | a second signal", "| 6 | a second signal"),
    ],
    ids=["table", "help", "example", "exit codes"],
)
def test_a_page_that_tells_something_else_is_not_up_to_date(tmp_path: Path, told: str, instead: str) -> None:
    (tmp_path / "cli_page.py").write_text((DOCS / "cli_page.py").read_text(encoding="utf-8"))
    assert told in PAGE
    (tmp_path / "cli.md").write_text(PAGE.replace(told, instead), encoding="utf-8")
    assert checked(tmp_path) == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section_with_its_help(name: str) -> None:
    assert f"$ relay-runtime {name} --help" in section(name)


def test_the_project_that_the_page_makes_is_what_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    told = section("new")
    first, *_, again = re.findall(r"\$ relay-runtime new hello\n(.*?)(?=^[$`])", told, re.MULTILINE | re.DOTALL)
    assert run(["new", "hello"]) == ExitCode.OK
    assert capsys.readouterr().out == first
    made = {path.name for path in (tmp_path / "hello").iterdir()}
    assert set(re.findall(r"^\| `([\w.]+)` \|", told, re.MULTILINE)) == made
    assert run(["new", "hello"]) == ExitCode.BAD_CONFIG
    assert capsys.readouterr().err == again
    for name, complaint in re.findall(r'\$ relay-runtime new ("?[ /\w]+"?)\n(relay-runtime: .*\n)', told):
        assert run(["new", name.strip('"')]) in {ExitCode.USAGE, ExitCode.BAD_CONFIG}
        assert capsys.readouterr().err == complaint


def test_every_exit_code_stands_in_the_table() -> None:
    text = section("start")
    for code in ExitCode:
        assert re.search(rf"^\| {code} \|", text, re.MULTILINE), code


def test_every_check_of_the_doctor_is_explained() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in (DOCS.parent / "runtime/relay_runtime/doctor").rglob("*.py")
    )
    checks = set(re.findall(r"\b(?:fine|warning|fault|skipped)\(\s*\"([a-z ]+)\"", code))
    rows = re.findall(r"^\| (`.*?) \|", section("doctor"), re.MULTILINE)
    explained = {name for row in rows for name in re.findall("`([^`]+)`", row)}
    assert len(checks) > 15
    assert checks <= explained
