"""The image: linted, and as much of its build as needs no engine."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
import typer

from relay_runtime.cli import app
from relay_runtime.settings.options import OPTIONS

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "container" / "Containerfile"


def instructions() -> list[tuple[str, str]]:
    """The instructions, continued lines joined, without comments."""
    lines = [line for line in FILE.read_text().splitlines() if not line.startswith("#")]
    text = "\n".join(lines).replace("\\\n", " ")
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


INSTRUCTIONS = instructions()


def values(name: str) -> list[str]:
    return [rest for instruction, rest in INSTRUCTIONS if instruction == name]


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in shlex.split(values("ENV")[0]))


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    if not hadolint.exists():
        pytest.skip("hadolint is not installed; it is in the extra 'test' where there is a build of it")
    done = subprocess.run([hadolint, str(FILE)], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_last_stage_is_a_new_one_and_runs_as_a_user_by_number() -> None:
    assert len(values("FROM")) == 2
    (user,) = values("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    assert FILE.read_text().index("USER ") > FILE.read_text().rindex("FROM ")


def test_what_is_copied_is_there_and_suffices_for_the_wheel(tmp_path: Path) -> None:
    copied = [rest.split() for rest in values("COPY") if not rest.startswith("--from") and "${APP}" not in rest]
    context = tmp_path / "src"
    context.mkdir()
    for *sources, _ in copied:
        for source in sources:
            place = ROOT / source
            if place.is_dir():
                shutil.copytree(place, context / source, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(place, context / source)
    build = values("RUN")[0].split("&&")[0].strip()
    assert build.startswith("python -m pip wheel ")
    command = shlex.split(build.replace("/wheels", str(tmp_path / "wheels")))
    done = subprocess.run(
        [sys.executable, *command[1:]], cwd=context, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "wheels").glob("relay_runtime-*.whl")
    with zipfile.ZipFile(wheel) as opened:
        packages = {name.split("/")[0] for name in opened.namelist() if name.endswith("__init__.py")}
        scripts = next(opened.read(name).decode() for name in opened.namelist() if name.endswith("entry_points.txt"))
    assert packages == {"relay_actors", "relay_runtime"}
    assert "relay-runtime = relay_runtime.__main__:main" in scripts


def test_the_example_app_is_there_under_the_name_that_is_started() -> None:
    assert values("ARG")[1] == "APP=examples/receptionist"
    assert json.loads(values("CMD")[0]) == ["start", "app"]
    assert (ROOT / "examples" / "receptionist" / "app.py").exists()


def test_its_entry_is_the_command_and_gets_the_signals_itself() -> None:
    assert json.loads(values("ENTRYPOINT")[0]) == ["relay-runtime"]
    assert values("STOPSIGNAL") == ["SIGTERM"]
    assert json.loads(values("CMD")[0])[0] in typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_its_variables_are_settings_that_can_be_read() -> None:
    known = {option.variable: option for option in OPTIONS.values()}
    for name, value in variables().items():
        if name.startswith("RELAY_"):
            known[name].kind.read(value)


def test_the_health_check_is_a_program_that_asks_the_port_that_is_set() -> None:
    (check,) = values("HEALTHCHECK")
    interpreter, flag, program = json.loads(check.partition("CMD")[2])
    assert (interpreter, flag) == ("python", "-c")
    compile(program, "healthcheck", "exec")
    assert f"http://127.0.0.1:{variables()['RELAY_HTTP_PORT']}/livez" in program
    assert values("EXPOSE") == [variables()["RELAY_HTTP_PORT"]]
