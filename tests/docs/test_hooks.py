"""The pre-commit hooks are this repository's own, and run what CI runs by tools of the dev extra."""

from __future__ import annotations

import importlib.metadata
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
REPOS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
HOOKS: list[dict[str, Any]] = [hook for repo in REPOS for hook in repo["hooks"]]
DEV = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["dev"]
CHECKS = ("lint", "types", "imports")


def scripts_of(requirement: str) -> set[str]:
    """Return the commands that a requirement installs."""
    distribution = importlib.metadata.distribution(re.split(r"[^\w.-]", requirement)[0])
    scripts = {entry.name for entry in distribution.entry_points if entry.group == "console_scripts"}
    return scripts | {file.name for file in distribution.files or () if file.parent.name == "bin"}


def command(entry: str) -> tuple[str, ...]:
    """Return the tool of a command line and its subcommand, without options and variables."""
    line = re.split(r"\.venv/bin/|\$\(BIN\)/", entry, maxsplit=1)[1]
    return tuple(word for word in shlex.split(line) if word != "." and not word.startswith("-"))


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert [repo["repo"] for repo in REPOS] == ["local"]
    assert {hook["language"] for hook in HOOKS} == {"system"}


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_a_tool_of_the_dev_extra_from_the_projects_own_environment(hook: dict[str, Any]) -> None:
    assert ".venv/bin/" in hook["entry"]
    assert command(hook["entry"])[0] in {script for requirement in DEV for script in scripts_of(requirement)}


def test_the_hooks_run_every_check_of_style_types_and_imports_that_ci_runs() -> None:
    makefile = (ROOT / "Makefile").read_text()
    run = set()
    for target in CHECKS:
        recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
        assert recipe is not None, target
        run |= {command(line.split(" || ")[0]) for line in recipe[1].splitlines() if "$(BIN)/" in line}
    assert run == {command(hook["entry"]) for hook in HOOKS}


def test_contributing_says_how_to_switch_them_on() -> None:
    assert "pre-commit install" in (ROOT / "CONTRIBUTING.md").read_text()
