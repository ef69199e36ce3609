"""A project as a new user has it: made, called and tested in an empty home, by the commands that are printed."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from gevent import subprocess
from running_process import LIMIT, clean_environ, relay_runtime

from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.starter.project import project_files, write_project

pytestmark = pytest.mark.proof

KINDS = [pytest.param([], id="call-actor"), pytest.param(["--asyncio"], id="asyncio")]
APPS = {"": "app:App", "--asyncio": "app:client"}


class Home:
    """An empty home whose shell has the commands of this interpreter, and no settings."""

    def __init__(self, path: Path) -> None:
        self.place = path / "home"
        self.place.mkdir()
        commands = path / "bin"
        commands.mkdir()
        for name, module in (("relay-runtime", "relay_runtime"), ("pytest", "pytest")):
            script = commands / name
            script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m {module} "$@"\n')
            script.chmod(0o755)
        self.environ = clean_environ({"HOME": str(self.place), "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"})

    def types(self, command: str, typed: str = "", environ: Mapping[str, str] | None = None) -> str:
        """Return what a command prints that succeeds."""
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.place,
            env={**self.environ, **(environ or {})},
            input=typed,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return str(done.stdout)

    def goes_to(self, folder: str) -> None:
        self.place /= folder

    def has_project(self, *kind: str) -> None:
        """Stand in a project that was made before."""
        self.goes_to("hello")
        write_project(self.place, project_files(asyncio="--asyncio" in kind))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_commands_that_are_printed_work_as_they_are(home: Home, kind: list[str]) -> None:
    printed = home.types(shlex.join(["relay-runtime", "new", "hello", *kind]))
    change, calls, tests = [line.strip() for line in printed.partition("next:\n")[2].splitlines()]
    assert change == "cd hello"
    home.goes_to("hello")
    heard = home.types(calls, "/hears press 1\n1\n")
    assert "'We are open from nine to five. Goodbye.'" in heard
    assert heard.rstrip().endswith("app      hangs up")
    assert "3 passed" in home.types(tests)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_served_as_its_readme_says(home: Home, kind: list[str]) -> None:
    home.has_project(*kind)
    app = [*kind, APPS["".join(kind)]]
    settings = home.place / "settings.env"
    readme = (home.place / "README.md").read_text()
    assert f"`relay-runtime start {shlex.join(app)} --env-file settings.env`" in readme
    with Sandbox(time_scale=0.01) as sandbox:
        filled = (
            settings.read_text()
            .replace("#SIGNALWIRE", "SIGNALWIRE")
            .replace("your-project-id", sandbox.project)
            .replace("your-api-token", sandbox.token)
            .replace("your-space.signalwire.com", sandbox.url)
        )
        settings.write_text(filled)
        with relay_runtime("start", *app, "--env-file", "settings.env", cwd=home.place) as process:
            process.wait_for_line("serving the contexts office")
            caller = Caller("+15550100001").dials("office").hears("Press 1").presses("2").hears("the fountain")
            sandbox.place(caller.waits_for_hangup()).wait(LIMIT).check()
            process.process.terminate()
            assert process.exit_code() == ExitCode.OK
            assert "WARNING" not in process.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_it_serves_callers_of_the_sandbox_as_its_readme_says(home: Home, kind: list[str]) -> None:
    home.has_project(*kind)
    start = ["start", *kind, APPS["".join(kind)], "--sandbox", "--sandbox-callers", "3"]
    assert f"`relay-runtime {shlex.join(start)}`" in (home.place / "README.md").read_text()
    with relay_runtime(*start, "--sandbox-time-scale", "0.05", cwd=home.place) as process:
        process.wait_for_line("caller 1: .*nine to five", "stdout")
        process.wait_for_line("caller 3: .*did not understand", "stdout")
        process.process.terminate()
        assert process.exit_code() == ExitCode.OK


def test_settings_that_are_not_filled_in_are_asked_for(home: Home) -> None:
    home.has_project()
    with relay_runtime("start", "app:App", "--env-file", "settings.env", cwd=home.place) as process:
        assert process.exit_code() == ExitCode.BAD_CONFIG
        assert "missing credentials: project (SIGNALWIRE_PROJECT_ID" in process.stderr


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_credentials_never_come_into_git(home: Home) -> None:
    home.has_project("--asyncio")
    (home.place / ".env").write_text("SIGNALWIRE_API_TOKEN=PT-secret\n")
    (home.place / "production.env").write_text("SIGNALWIRE_API_TOKEN=PT-secret\n")
    home.types("git init -q . && git add -A")
    assert set(home.types("git ls-files").split()) == {
        ".gitignore",
        "README.md",
        "app.py",
        "conftest.py",
        "pytest.ini",
        "requirements.txt",
        "settings.example.env",
        "test_app.py",
    }
    home.types("rm settings.env && install -m 600 settings.example.env settings.env")  # as the README has a clone do
    assert (home.place / "settings.env").stat().st_mode & 0o777 == 0o600


def test_it_is_tested_inside_of_another_project_whose_settings_are_others(home: Home) -> None:
    options = '[tool.pytest.ini_options]\naddopts = "--import-mode=importlib --no-such-option"\n'
    (home.place / "pyproject.toml").write_text(options)
    home.has_project()
    assert "3 passed" in home.types("pytest")


@pytest.mark.parametrize("kind", KINDS)
def test_its_style_is_clean_where_the_runtime_is_a_library(home: Home, kind: list[str]) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("there is no ruff")
    home.has_project(*kind)
    home.types(f"{shlex.quote(str(ruff))} check --isolated --line-length 120 --select E,F,I,B,UP,W .")
    home.types(f"{shlex.quote(str(ruff))} format --isolated --line-length 120 --check .")
