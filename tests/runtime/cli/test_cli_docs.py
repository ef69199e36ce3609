"""The page about the command line tells all that the command line has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from relay_runtime.cli import app
from relay_runtime.process.process import ExitCode
from relay_runtime.settings.options import OPTIONS

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def section(name: str) -> str:
    match = re.search(rf"^## {name}$(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert match, f"docs/cli.md has no section {name}"
    return match[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section_with_its_help_which_names_every_flag(name: str) -> None:
    text = section(name)
    assert f"$ relay-runtime {name} --help" in text
    flags = {flag for parameter in COMMANDS[name].params for flag in parameter.opts if flag.startswith("--")}
    assert [flag for flag in sorted(flags) if not re.search(rf"{flag}\b(?!-)", text)] == []


def test_every_setting_stands_in_the_table_with_its_variable() -> None:
    text = section("config")
    for option in OPTIONS.values():
        assert re.search(rf"^\| `{option.name}`.*`{option.variable}`", text, re.MULTILINE), option.name


def test_every_exit_code_stands_in_the_table() -> None:
    text = section("start")
    for code in ExitCode:
        assert re.search(rf"^\| {code} \|", text, re.MULTILINE), code
