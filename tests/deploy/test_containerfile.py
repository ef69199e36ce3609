"""The image: linted, and as much of its build as needs no engine."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_what_is_copied_is_there_and_suffices_for_what_the_lock_files_make(tmp_path: Path) -> None:
    context = tmp_path / "src"
    for rest in values("COPY"):
        if not rest.startswith("--from") and "${APP}" not in rest:
            *sources, target = rest.split()
            for source in sources:
                _copy(ROOT / source, context / target / ("" if (ROOT / source).is_dir() else Path(source).name))
    venv.create(tmp_path / "python", with_pip=True)
    command = values("RUN")[0].replace("/wheels", f"{tmp_path}/wheels").replace("/opt/venv", f"{tmp_path}/venv")
    path = f"{tmp_path}/python/bin:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-ec", command],
        cwd=context,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "wheels").glob("relay_runtime-*.whl")
    with zipfile.ZipFile(wheel) as opened:
        packages = {name.split("/")[0] for name in opened.namelist() if name.endswith("__init__.py")}
    assert packages == {"relay_actors", "relay_runtime"}
    version = subprocess.run(
        [tmp_path / "venv" / "bin" / "relay-runtime", "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert version.stdout.startswith("relay-runtime ")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = {
    "requirements.txt": PROJECT["project"]["dependencies"],
    "build-requirements.txt": PROJECT["build-system"]["requires"],
}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_pins_what_the_project_wants_by_hashes_and_names_no_registry(name: str) -> None:
    text = (FILE.parent / name).read_text()
    entries = [entry for entry in re.split(r"\n(?=\S)", text.replace("\\\n", " ")) if not entry.startswith("#")]
    pinned = {}
    for entry in entries:
        match = re.match(r"([\w.-]+)==([\w.]+)(?: ;[^-]+)?\s+--hash=sha256:[0-9a-f]{64}", entry)
        assert match, f"{entry[:60]} is not pinned by hashes"
        pinned[canonicalize_name(match[1])] = match[2]
    for wanted in map(Requirement, LOCKS[name]):
        version = pinned[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version), f"{wanted} is wanted, {version} is locked: make lock"
    assert not re.search(r"index-url|find-links|trusted-host|://", text)


def test_nothing_is_installed_but_by_a_lock_file_or_by_the_app() -> None:
    installs = [part for rest in values("RUN") for part in re.split(r"&&|;", rest) if "pip install" in part]
    unlocked = [part for part in installs if "--require-hashes" not in part and "--no-index" not in part]
    assert len(installs) == 4
    assert ["/app/requirements.txt" in part for part in unlocked] == [True]


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


def test_the_folder_of_the_ledgers_is_the_users_own() -> None:
    (made,) = (rest for rest in values("RUN") if "install --directory" in rest)
    (name,) = re.findall(r"(\w+)\s+&& install", made)
    folder = variables()["XDG_RUNTIME_DIR"]
    assert re.search(rf"install --directory --owner={name} --group={name} --mode=0700 {folder}$", made)


def test_the_health_check_is_a_program_that_asks_the_port_that_is_set() -> None:
    (check,) = values("HEALTHCHECK")
    interpreter, flag, program = json.loads(check.partition("CMD")[2])
    assert (interpreter, flag) == ("python", "-c")
    compile(program, "healthcheck", "exec")
    assert f"http://127.0.0.1:{variables()['RELAY_HTTP_PORT']}/livez" in program
    assert values("EXPOSE") == [variables()["RELAY_HTTP_PORT"]]
