"""Tries a change against the suite: first the tests of its module, then those of its room, then all that are quick."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from proof.mutation.changes import Change

__all__ = ["Mutant", "Trial", "stages_of"]

ROOT = Path(__file__).parents[3]
HOUSES = {"actors/relay_actors": "tests/actors", "runtime/relay_runtime": "tests/runtime"}
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "dist", "build", "__pycache__", ".mypy_cache", ".ruff_cache")
_LONGEST = 600.0  # seconds of one stage: whoever hangs is noticed
_TEST = 60  # seconds of one test
_QUICK = ["-m", "not slow and not proof"]
_THOROUGH = ["-m", "not proof"]


@dataclass(frozen=True)
class Mutant:
    """A change of a module.

    Attributes:
        path: the module, from the root of the project.
        change: what is changed.
    """

    path: str
    change: Change

    def __str__(self) -> str:
        return f"{self.path}:{self.change.line}: {self.change}\n    {self.change.code}"


def stages_of(path: str, *, thorough: bool = False) -> list[list[str]]:
    """Return the arguments of pytest for each stage of a trial of a module, the nearest tests first."""
    house, tests = next((house, tests) for house, tests in HOUSES.items() if path.startswith(f"{house}/"))
    module = Path(path).relative_to(house)
    room = Path(tests, *module.parts[:1]) if len(module.parts) > 1 else Path(tests)
    directory = Path(tests) / module.parent
    near = sorted(str(each.relative_to(ROOT)) for each in (ROOT / directory).glob(f"test_{module.stem}*.py"))
    stages = [near] if near else []
    if len(module.parts) > 1 and (ROOT / room).is_dir():
        stages.append([str(room), "-m", "not proof" if room.name == "control" else "not slow and not proof"])
    stages.append(["tests/actors", "tests/runtime", "--ignore=tests/runtime/sandbox", *_QUICK])
    if "sandbox" in module.parts:
        stages.append(["tests/runtime/sandbox", *_THOROUGH])
    if thorough:
        stages.append(["tests", *_THOROUGH])
    return stages


class Trial:
    """A copy of the project in which changes are tried, one after another; use it as a context manager.

    Args:
        thorough: whether whatever is left is tried against every test but the proofs.
    """

    def __init__(self, *, thorough: bool = False) -> None:
        self._thorough = thorough
        self._stack = ExitStack()
        self._place = Path()
        self._age = 0

    def __enter__(self) -> Self:
        self._place = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="mutants-"))) / "project"
        shutil.copytree(ROOT, self._place, ignore=_LEFT_OUT)
        (self._place / ".venv").symlink_to(Path(sys.prefix))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def notices(self, mutant: Mutant) -> str:
        """Return the stage that notices a change, or an empty text. Blocks for some seconds to some minutes."""
        file = self._place / mutant.path
        source = file.read_bytes()
        self._write(file, mutant.change.applied(source))
        try:
            for stage in stages_of(mutant.path, thorough=self._thorough):
                if not self.passes(stage):
                    return stage[0]
        finally:
            self._write(file, source)
        return ""

    def _write(self, file: Path, source: bytes) -> None:
        """Write a module with a time of its own, or Python may take what it has compiled before for this one."""
        file.write_bytes(source)
        self._age += 10
        os.utime(file, (self._age, self._age))

    def passes(self, arguments: list[str]) -> bool:
        """Run tests until the first that fails; return whether none has."""
        paths = os.pathsep.join(str(self._place / house) for house in ("actors", "runtime"))
        environ = {
            **{name: value for name, value in os.environ.items() if name not in {"PYTEST_ADDOPTS", "TESTED_COPY"}},
            "PYTHONPATH": paths,
            "PYTHONPYCACHEPREFIX": str(self._place / "bytecode"),
        }
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
        command += ["--timeout", str(_TEST), "--hypothesis-profile=quick", *arguments]
        process = subprocess.Popen(
            command,
            cwd=self._place,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(_LONGEST) in {0, 5}  # 5: no test is there
        except subprocess.TimeoutExpired:
            return False
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it has started: changed code may leave others behind."""
    try:
        os.killpg(process.pid, 9)
    except ProcessLookupError:
        pass
    process.wait()
