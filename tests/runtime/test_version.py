"""The version of the installed package."""

from __future__ import annotations

import tomllib
from pathlib import Path

from relay_runtime.version import AGENT, VERSION

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def test_the_version_is_that_of_the_project() -> None:
    assert PROJECT["version"] == VERSION


def test_the_client_names_itself_to_the_server_by_name_and_version() -> None:
    assert f"{PROJECT['name']}/{PROJECT['version']}" == AGENT
